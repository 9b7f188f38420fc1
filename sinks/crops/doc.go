// Package crops has the sinks of single cells: a sheet of crops to look at, and the
// submission to the challenge of 2021.
package crops
