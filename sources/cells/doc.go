// Package cells has the source of cells that are planned and not yet drawn.
package cells
