package kernels

// tile is the innermost matrix product, C (rows, cols) = A*B. A is packed as
// k columns of rows values, B as k rows of cols values; rows of C lie ldc
// values apart. With add, the product is added to C.
type tile struct {
	name       string
	rows, cols int
	run        func(k int, a, b, c *float32, ldc int, add bool)
}

// tiles are the kinds this machine can run, the fastest first. Convolutions
// use the first.
var tiles = append(fastTiles(), tile{"go", goRows, goCols, tileGo})

// maxTile is at least rows*cols of every kind.
const maxTile = 256

// Instructions names the instruction set in use: avx512, avx2 or go.
func Instructions() string { return tiles[0].name }
