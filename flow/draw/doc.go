// Package draw makes pictures of planned flows: SVG, laid out here, and the
// texts that Graphviz and Mermaid draw from. It reads a plan and knows nothing
// of the language.
//
// What always holds: the same plan gives the same picture, to the byte; boxes do
// not overlap, edges lead downwards and pass no box.
package draw
