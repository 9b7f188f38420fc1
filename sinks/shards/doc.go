// Package shards has the sink that appends frames to a folder of shards.
package shards
