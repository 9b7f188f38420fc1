package shards

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"math"
	"os"
	"path/filepath"

	"github.com/cespare/xxhash/v2"

	"hpaflow/data/atomicfile"
)

// Limits say when a shard is full. It holds one sample at least.
type Limits struct {
	Samples int   // at most
	Bytes   int64 // before compression, at most
}

// Writer appends samples to a folder of shards. Other than Has, it is not safe for
// concurrent use. It keeps other writers out of the folder.
type Writer struct {
	dir    string
	limits Limits
	unlock func() error
	index  *index
	before map[string]bool // keys in the shards that were there; never changed
	added  map[string]bool
	next   int // number of the next shard

	open *openShard // nil between shards
}

// openShard is a shard that is being written.
type openShard struct {
	name    string
	file    *atomicfile.File
	sum     hash.Hash
	size    int64
	raw     int64
	entries []Entry
	seek    []seekEntry
}

// Create begins to write, or to go on writing, a folder of shards of one kind;
// one that holds the other is refused. What a killed writer left unfinished is
// removed.
func Create(dir string, kind Kind, limits Limits) (*Writer, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	unlock, err := atomicfile.Lock(dir)
	if err != nil {
		return nil, err
	}
	w := &Writer{dir: dir, limits: limits, unlock: unlock, before: map[string]bool{}, added: map[string]bool{}}
	if err := w.recover(kind); err != nil {
		return nil, errors.Join(err, unlock())
	}
	return w, nil
}

// recover finds out what is complete and removes the rest.
func (w *Writer) recover(kind Kind) (err error) {
	if err := atomicfile.Sweep(atomicfile.OS, w.dir); err != nil {
		return err
	}
	if w.index, err = readIndex(w.dir); err != nil {
		return err
	}
	if len(w.index.shards) > 0 && w.index.kind != kind {
		return fmt.Errorf("%s holds shards of %s; %s go into a folder of their own", w.dir, w.index.kind, kind)
	}
	w.index.kind = kind
	names, err := files(w.dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if _, known := w.index.shards[name]; !known {
			if err := os.Remove(filepath.Join(w.dir, name)); err != nil {
				return err
			}
		}
	}
	for name := range w.index.shards {
		if _, err := os.Stat(filepath.Join(w.dir, name)); err != nil {
			return fmt.Errorf("%s is in the index: %w", name, err)
		}
	}
	for _, e := range w.index.entries {
		w.before[e.Key] = true
	}
	w.next = len(w.index.shards)
	return nil
}

// Has says whether the sample was in a finished shard when the writer began. It
// may be called while samples are added.
func (w *Writer) Has(key string) bool { return w.before[key] }

// Before is how many samples Has knows.
func (w *Writer) Before() int { return len(w.before) }

// Add appends a sample.
func (w *Writer) Add(f Frame) error {
	if f.Kind != w.index.kind {
		return fmt.Errorf("%s: a frame of %s among shards of %s", f.Key, f.Kind, w.index.kind)
	}
	if w.before[f.Key] || w.added[f.Key] {
		return fmt.Errorf("%s is in the shards already", f.Key)
	}
	if int64(len(f.Packed)) > math.MaxUint32 || f.Raw > math.MaxUint32 {
		return fmt.Errorf("%s: %d bytes are more than a frame can hold", f.Key, f.Raw)
	}
	if w.open != nil && (len(w.open.entries) == w.limits.Samples || w.open.raw+f.Raw > w.limits.Bytes) {
		if err := w.finish(); err != nil {
			return err
		}
	}
	if w.open == nil {
		if err := w.begin(); err != nil {
			return err
		}
	}
	o := w.open
	o.entries = append(o.entries, Entry{
		About: f.About, Shard: o.name, Offset: o.size, Length: int64(len(f.Packed)), Raw: f.Raw, Checksum: xxhash.Sum64(f.Packed),
	})
	w.added[f.Key] = true
	return o.append(f.Packed, seekEntry{uint32(len(f.Packed)), uint32(f.Raw), f.checksum})
}

func (w *Writer) begin() error {
	name := nameOf(w.next)
	f, err := atomicfile.Create(atomicfile.OS, filepath.Join(w.dir, name))
	if err != nil {
		return err
	}
	w.open = &openShard{name: name, file: f, sum: sha256.New()}
	return nil
}

func (o *openShard) append(packed []byte, e seekEntry) error {
	o.seek = append(o.seek, e)
	o.raw += int64(e.raw)
	return o.write(packed)
}

func (o *openShard) write(b []byte) error {
	o.size += int64(len(b))
	_, err := io.MultiWriter(o.sum, o.file).Write(b)
	return err
}

var tarEnd = make([]byte, 1024) // two blocks of zeros

// finish makes the open shard appear and enters it in the index.
func (w *Writer) finish() error {
	o := w.open
	end := encoder().EncodeAll(bytes.Clone(tarEnd), nil)
	if err := o.append(end, seekEntry{uint32(len(end)), uint32(len(tarEnd)), uint32(xxhash.Sum64(tarEnd))}); err != nil {
		return err
	}
	if err := o.write(appendSeekTable(nil, o.seek)); err != nil {
		return err
	}
	if err := o.file.Commit(); err != nil {
		return err
	}
	w.open = nil
	w.next++
	w.index.entries = append(w.index.entries, o.entries...)
	w.index.shards[o.name] = summary{SHA256: hex.EncodeToString(o.sum.Sum(nil)), Bytes: o.size}
	return w.index.save(w.dir)
}

// Commit finishes the last shard, full or not.
func (w *Writer) Commit() error {
	if w.open != nil {
		if err := w.finish(); err != nil {
			return errors.Join(err, w.Abort())
		}
	}
	return w.unlock()
}

// Abort drops the shard that is not finished; finished ones stay.
func (w *Writer) Abort() error {
	var err error
	if w.open != nil {
		err = w.open.file.Abort()
		w.open = nil
	}
	return errors.Join(err, w.unlock())
}
