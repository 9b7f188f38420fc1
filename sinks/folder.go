package sinks

import (
	"os"

	"hpaflow/data/atomicfile"
)

// openFolder makes a folder, keeps other writers out of it until unlock,
// removes what killed ones have left, and lists the files that are there.
func openFolder(dir string) (unlock func() error, names map[string]bool, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, nil, err
	}
	if unlock, err = atomicfile.Lock(dir); err != nil {
		return nil, nil, err
	}
	if err = atomicfile.Sweep(atomicfile.OS, dir); err == nil {
		names, err = regularFiles(dir)
	}
	if err != nil {
		unlock()
		return nil, nil, err
	}
	return unlock, names, nil
}

// regularFiles are the names of the files in a folder.
func regularFiles(dir string) (map[string]bool, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	names := make(map[string]bool, len(entries))
	for _, e := range entries {
		if e.Type().IsRegular() {
			names[e.Name()] = true
		}
	}
	return names, nil
}
