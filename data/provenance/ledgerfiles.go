package provenance

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"hpaflow/data/atomicfile"
)

// The files of a ledger.
const (
	samplesName = "samples"
	logName     = "samples.log"
	seenName    = "seen"
)

// read reads what earlier runs have saved, and after it what one that was
// killed had no time to save.
func (l *Ledger) read() error {
	if err := l.readFile(samplesName, func(line []byte) error {
		key, e, err := parseEntry(line, nil)
		l.entries[key] = entry{Entry: e}
		return err
	}); err != nil {
		return err
	}
	if err := l.readFile(seenName, func(line []byte) error {
		shortcut, rest, err := cutHex(line)
		if err != nil {
			return err
		}
		key, err := strconv.Unquote(string(rest))
		if e, entered := l.entries[key]; entered {
			e.seen = shortcut
			l.entries[key] = e
		}
		return err
	}); err != nil {
		return err
	}
	return l.readFile(logName, func(line []byte) error {
		l.entered, l.noticed = true, true
		var shortcut uint64
		key, e, err := parseEntry(line, &shortcut)
		l.entries[key] = entry{e, shortcut}
		return err
	})
}

// readFile hands on a file's lines. A last line without an end was cut off by a
// crash, and is passed over.
func (l *Ledger) readFile(name string, line func([]byte) error) error {
	path := filepath.Join(l.store.Dir, name)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	in := bufio.NewReaderSize(f, 1<<16)
	for n := 1; ; n++ {
		text, err := in.ReadSlice('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = line(bytes.TrimSuffix(text, []byte("\n")))
		}
		if err != nil {
			return fmt.Errorf("%s:%d: %w; remove the file, and results count as complete, whatever they were made from", path, n, err)
		}
	}
}

// appendEntry is a line of samples, or of the log with its shortcut.
func appendEntry(b []byte, key string, e Entry, shortcut ...uint64) []byte {
	b = appendHex(b, e.Digest)
	b = appendHex(b, e.Tag)
	b = append(strconv.AppendInt(b, e.Length, 10), ' ')
	for _, s := range shortcut {
		b = appendHex(b, s)
	}
	return append(strconv.AppendQuote(b, key), '\n')
}

func parseEntry(line []byte, shortcut *uint64) (key string, e Entry, err error) {
	if e.Digest, line, err = cutHex(line); err != nil {
		return "", e, err
	}
	if e.Tag, line, err = cutHex(line); err != nil {
		return "", e, err
	}
	length, line, _ := bytes.Cut(line, []byte(" "))
	if e.Length, err = strconv.ParseInt(string(length), 10, 64); err != nil {
		return "", e, err
	}
	if shortcut != nil {
		if *shortcut, line, err = cutHex(line); err != nil {
			return "", e, err
		}
	}
	key, err = strconv.Unquote(string(line))
	return key, e, err
}

func appendHex(b []byte, n uint64) []byte {
	return append(strconv.AppendUint(b, n, 16), ' ')
}

func cutHex(b []byte) (n uint64, rest []byte, err error) {
	digits, rest, _ := bytes.Cut(b, []byte(" "))
	n, err = strconv.ParseUint(string(digits), 16, 64)
	return n, rest, err
}

func (l *Ledger) writeSamples(w io.Writer) error {
	var line []byte
	for _, key := range slices.Sorted(maps.Keys(l.entries)) {
		line = appendEntry(line[:0], key, l.entries[key].Entry)
		if _, err := w.Write(line); err != nil {
			return err
		}
	}
	return nil
}

func (l *Ledger) writeSeen(w io.Writer) error {
	var line []byte
	for _, key := range slices.Sorted(maps.Keys(l.entries)) {
		seen := l.entries[key].seen
		if seen == 0 {
			continue
		}
		line = append(strconv.AppendQuote(appendHex(line[:0], seen), key), '\n')
		if _, err := w.Write(line); err != nil {
			return err
		}
	}
	return nil
}

// openLog goes on with the log of a killed run, after its last whole line.
func (s Store) openLog() (*os.File, error) {
	if err := atomicfile.MakeFolder(s.Dir); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(s.Dir, logName), os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(f)
	if err == nil {
		end := int64(bytes.LastIndexByte(text, '\n') + 1)
		if err = f.Truncate(end); err == nil {
			_, err = f.Seek(end, io.SeekStart)
		}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
