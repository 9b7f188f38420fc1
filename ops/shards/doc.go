// Package shards packs samples into frames, in parallel; the sink of the same
// name appends them.
package shards
