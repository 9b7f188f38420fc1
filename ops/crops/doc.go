// Package crops has the ops that take single cells out of fields of view: their
// pixels, and their rows in a table of labels; and those that put what is known of
// cells together by field again.
package crops
