package provenance

import (
	"io/fs"
	"syscall"
	"time"
)

// changeTime is when a file was last changed in any way: a copy that keeps the
// original's time shows here.
func changeTime(info fs.FileInfo) time.Time {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		if changed := time.Unix(st.Ctim.Unix()); changed.After(info.ModTime()) {
			return changed
		}
	}
	return info.ModTime()
}
