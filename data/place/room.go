package place

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// used notes that a file that was brought has been of use once more.
func used(path string) {
	now := time.Now()
	os.Chtimes(filepath.Dir(path), now, now) // if it cannot be, the file goes earlier
}

// makeRoom removes files that were brought by earlier runs until so many bytes more
// are within the limit. Those of the last hour stay: a run may be reading them.
func makeRoom(base string, more int64) error {
	here.Lock()
	limit := here.limit
	here.Unlock()
	if limit == 0 {
		return nil
	}
	type kept struct {
		dir  string
		size int64
		used time.Time
	}
	entries, err := os.ReadDir(base)
	if err != nil {
		return err
	}
	var all []kept
	sum := more
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), "file-") {
			continue
		}
		k := kept{dir: filepath.Join(base, e.Name())}
		if info, err := e.Info(); err == nil {
			k.used = info.ModTime()
		}
		inside, _ := os.ReadDir(k.dir) // one that has just gone has nothing in it
		for _, f := range inside {
			if info, err := f.Info(); err == nil {
				k.size += info.Size()
			}
		}
		sum += k.size
		all = append(all, k)
	}
	slices.SortFunc(all, func(a, b kept) int { return cmp.Compare(a.used.UnixNano(), b.used.UnixNano()) })
	for _, k := range all {
		if sum <= limit || time.Since(k.used) < time.Hour {
			break
		}
		if err := os.RemoveAll(k.dir); err != nil {
			return err
		}
		sum -= k.size
	}
	return nil
}
