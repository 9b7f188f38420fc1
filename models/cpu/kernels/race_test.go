//go:build race

package kernels

// raced says that the race detector is at work, under which everything takes
// many times as long.
const raced = true
