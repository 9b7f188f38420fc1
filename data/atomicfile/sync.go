package atomicfile

import "os"

// Sync makes what was written to a file last, where the file system can. All that
// is not written by this package is synced by it.
func Sync(f *os.File) error {
	return named(conceding(f.Sync(), f.Name(), noSync), f.Name())
}

func syncEach(paths []string) error {
	for _, path := range paths {
		if err := syncFile(path); err != nil {
			return err
		}
	}
	return nil
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}
