// Package cells has the op that draws planned cells.
package cells
