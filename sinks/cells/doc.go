// Package cells has the sinks that lay synthetic cells out as the challenge lays
// out its data: images, tables, the planted truth, and a sheet to look at.
package cells
