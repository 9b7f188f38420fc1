// Package forms is the command shards export: a folder of shards in the layouts of other
// libraries. What these are is package data/shards/forms'; here it runs on the engine: frames
// are read and decoded by as many workers as there are cores, and written in their order.
//
// What always holds: a damaged frame ends the export, since no reader would miss it; the
// same command goes on behind the last whole file.
package forms
