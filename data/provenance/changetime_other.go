//go:build !linux

package provenance

import (
	"io/fs"
	"time"
)

// changeTime is when a file's content was last changed, as it says itself.
func changeTime(info fs.FileInfo) time.Time { return info.ModTime() }
