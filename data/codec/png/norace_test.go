//go:build !race

package png

const raced = false
