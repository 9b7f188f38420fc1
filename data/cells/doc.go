// Package cells draws synthetic fields of cells: four channels as a
// fluorescence microscope would give them, with the protein where the labels
// say it is. They stand in for real images in examples and tests.
//
// What always holds: a field depends on its seed, size and labels alone (a
// processor that fuses multiply and add may round a pixel otherwise); red, blue
// and yellow show structure and do not depend on the labels, only green does.
package cells
