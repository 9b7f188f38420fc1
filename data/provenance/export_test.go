package provenance

import (
	"sync/atomic"
	"time"
)

// Settle changes how long a file must have been left alone, until restore.
func Settle(d time.Duration) (restore func()) {
	before := settled
	settled = d
	return func() { settled = before }
}

// Reads counts the files that are read for their digests, until restore.
func Reads() (count *atomic.Int64, restore func()) {
	before := readDigest
	count = &atomic.Int64{}
	readDigest = func(path string) ([]byte, error) {
		count.Add(1)
		return before(path)
	}
	return count, func() { readDigest = before }
}
