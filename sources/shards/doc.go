// Package shards has the source of samples in shards.
package shards
