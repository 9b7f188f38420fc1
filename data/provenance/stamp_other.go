//go:build !linux

package provenance

import "os"

// stampOf asks the file system about a file. Changed is when its content was
// last changed, as it says itself.
func stampOf(path string) (stamp, bool) {
	info, err := os.Stat(path)
	if err != nil {
		return stamp{}, false
	}
	modified := info.ModTime().UnixNano()
	return stamp{size: info.Size(), modified: modified, changed: modified}, true
}
