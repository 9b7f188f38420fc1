//go:build !race

package shards

const raced = false
