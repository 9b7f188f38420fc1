//go:build race

package shards

// raced says that the race detector is at work, under which everything takes
// many times as long.
const raced = true
