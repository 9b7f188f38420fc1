package regular

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// Open opens a file for reading, and says what it is.
func Open(path string) (*os.File, fs.FileInfo, error) {
	info, err := os.Stat(path)
	if err == nil {
		if err := Check(path, info); err != nil {
			return nil, nil, err
		}
	}
	f, err := os.Open(path) // of what is not there it says so, in the words people know
	if err != nil {
		return nil, nil, err
	}
	if info == nil { // it has come to be in between
		if info, err = f.Stat(); err != nil {
			f.Close()
			return nil, nil, err
		}
	}
	return f, info, nil
}

// Read reads a whole file of so many bytes at most.
func Read(path string, most int64) ([]byte, error) {
	f, info, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() // opened for reading: nothing can be lost
	if info.Size() > most {
		return nil, fmt.Errorf("%s holds %d bytes, and %d at most are read of such a file", path, info.Size(), most)
	}
	b := bytes.NewBuffer(make([]byte, 0, info.Size()+bytes.MinRead))
	_, err = b.ReadFrom(io.LimitReader(f, most))
	return b.Bytes(), err
}

// Check says what stands at a path, unless it is a regular file.
func Check(path string, info fs.FileInfo) error {
	if info.Mode().IsRegular() {
		return nil
	}
	return fmt.Errorf("%s is %s, not a file", path, sortOf(info.Mode()))
}

func sortOf(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "a folder"
	case m&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case m&fs.ModeDevice != 0:
		return "a device"
	case m&fs.ModeSocket != 0:
		return "a socket"
	}
	return "something else"
}
