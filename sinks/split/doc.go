// Package split has the sinks of splits: a table, and how even it is.
package split
