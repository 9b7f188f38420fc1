//go:build race

package deflate

// raced says that the race detector is at work, under which everything takes
// many times as long.
const raced = true
