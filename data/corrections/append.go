package corrections

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
	"time"

	"hpaflow/data"
	"hpaflow/data/atomicfile"
	"hpaflow/data/regular"
)

// header is the first line of a table that Append has made.
const header = "Id,Target,Note,Time\n"

// mostBytes is how large a table may be that is appended to.
const mostBytes = 64 << 20

// appending keeps the goroutines of one program apart; the file's lock keeps programs.
var appending sync.Mutex

// Append adds changes to a table, which it makes if there is none, and gives them with
// their times. They are on the disk when it returns, all or none.
func Append(path string, classes int, changes ...Change) ([]Change, error) {
	given := make([]Change, len(changes))
	for i, c := range changes {
		c.Note = cleanNote(c.Note)
		err := data.CheckID(c.ID)
		if err == nil {
			err = c.check(classes)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.ID, err)
		}
		given[i] = c
	}
	appending.Lock()
	defer appending.Unlock()
	if err := create(path); err != nil {
		return nil, err
	}
	unlock, err := atomicfile.LockFile(path)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if err := atomicfile.SweepFile(atomicfile.OS, path); err != nil { // of one that was killed
		return nil, err
	}
	before, err := regular.Read(path, mostBytes)
	if err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(before, []byte(header[:len(header)-1])) {
		return nil, fmt.Errorf("%s is no table of corrections: its first line is not %s", path, header[:len(header)-1])
	}
	last := lastTime(before)
	var text bytes.Buffer
	if !bytes.HasSuffix(before, []byte("\n")) {
		text.WriteByte('\n')
	}
	out := csv.NewWriter(&text)
	for i := range given {
		c := &given[i]
		if c.Time = time.Now().UTC(); !c.Time.After(last) {
			c.Time = last.Add(1)
		}
		last = c.Time
		out.Write([]string{c.ID, c.target(), shielded(c.Note), c.Time.Format(timeForm)})
	}
	out.Flush()
	err = atomicfile.Write(path, func(w io.Writer) error {
		_, err := w.Write(before)
		if err == nil {
			_, err = w.Write(text.Bytes())
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return given, nil
}

// create makes a table without rows, unless there is one. Another program that makes it at
// the same time, and removes what killed ones have left, may remove what is to become it.
func create(path string) error {
	for tries := 0; ; tries++ {
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		_, err := atomicfile.WriteOnce(path, func(w io.Writer) error {
			_, err := io.WriteString(w, header)
			return err
		})
		if other := (*atomicfile.OtherError)(nil); err == nil || errors.As(err, &other) || errors.Is(err, fs.ErrExist) {
			return nil
		}
		if !errors.Is(err, fs.ErrNotExist) || tries == 10 {
			return err
		}
	}
}

// lastTime is that of the last row, by which the next ones are later; zero where it
// cannot be read, which readers tell.
func lastTime(b []byte) time.Time {
	b = bytes.TrimRight(b, "\r\n")
	line := b[bytes.LastIndexByte(b, '\n')+1:]
	t, _ := time.Parse(time.RFC3339Nano, string(line[bytes.LastIndexByte(line, ',')+1:]))
	return t
}
