// Package cells draws synthetic fields of cells: four channels as a
// fluorescence microscope would give them, with the protein where the labels
// say it is; all 28 labels of the challenge have a pattern of their own. They
// stand in for real images in examples, tests and demonstrations.
//
// Field draws one image. Plan makes up a whole challenge of them: which samples
// there are, under which Ids, with which labels, as unevenly frequent as the
// real ones, and which show the same picture as others.
//
// What always holds: a field depends on its seed, size and labels alone (a
// processor that fuses multiply and add may round a pixel otherwise); red, blue
// and yellow show structure and do not depend on the labels, only green does.
// Patterns are drawn in units of the cell, so that a field looks the same at any
// size, but for detail.
package cells
