// Package npy has the heads of NumPy's arrays, format 1.0: the type and the shape
// that stand before the numbers of a file NAME.npy.
package npy
