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
	"path/filepath"

	"github.com/cespare/xxhash/v2"

	"hpaflow/data/atomicfile"
)

// Limits say when a shard is full. It holds one sample at least.
type Limits struct {
	Samples int   // at most
	Bytes   int64 // before compression, at most
}

// Options are how a folder of shards is written.
type Options struct {
	Limits

	// Locked says that the caller keeps other writers out of the folder; else
	// the writer does.
	Locked bool

	// Entering and Entered, where set, are told the keys of samples whose shard
	// is about to appear, and of those that have, with their Frame.Sum. Their
	// errors are the writer's.
	Entering func(keys []string) error
	Entered  func(keys []string, sums []uint64) error
}

// Writer appends samples to a folder of shards, and replaces some that are
// there. Other than Has and Redo, it is not safe for concurrent use.
type Writer struct {
	dir    string
	o      Options
	unlock func() error
	index  *index
	before map[string]string // shards by key, of those that were there whole; never changed
	added  map[string]bool
	next   int // number of the next shard

	open    *openShard // nil between shards
	found   Found
	replace replacing
}

// Found is what a writer has found in its folder, beside what was complete.
type Found struct {
	TakenIn []string // shards that the index did not name, and does now
	Damaged []string // shards that are missing, or not as long as they were: none of their samples is there until it is added again
}

// openShard is a shard that is being written.
type openShard struct {
	name    string
	file    *atomicfile.File
	sum     hash.Hash
	size    int64
	raw     int64
	entries []Entry
	sums    []uint64 // Frame.Sum of each
	seek    []seekEntry
}

// Create begins to write, or to go on writing, a folder of shards of one kind;
// one that holds the other is refused, and so is one with shards that the index
// does not name and that cannot be taken into it.
func Create(dir string, kind Kind, o Options) (*Writer, error) {
	if err := atomicfile.MakeFolder(dir); err != nil {
		return nil, err
	}
	unlock := func() error { return nil }
	if !o.Locked {
		var err error
		if unlock, err = atomicfile.Lock(dir); err != nil {
			return nil, err
		}
	}
	w := &Writer{dir: dir, o: o, unlock: unlock, before: map[string]string{}, added: map[string]bool{}}
	if err := w.recover(kind); err != nil {
		return nil, errors.Join(err, unlock())
	}
	return w, nil
}

// Found is what the writer found when it was created.
func (w *Writer) Found() Found { return w.found }

// Has says whether the sample was in a whole shard when the writer began. It
// may be called while samples are added.
func (w *Writer) Has(key string) bool { return w.before[key] != "" }

// Before is how many samples Has knows.
func (w *Writer) Before() int { return len(w.before) }

// Check says why a frame cannot be added; others can be all the same.
func (w *Writer) Check(f Frame) error {
	switch {
	case f.Kind != w.index.kind:
		return fmt.Errorf("%s: a frame of %s among shards of %s", f.Key, f.Kind, w.index.kind)
	case w.added[f.Key] || w.Has(f.Key) && !w.replace.wants(f.Key):
		return fmt.Errorf("%s is in the shards already", f.Key)
	case int64(len(f.Packed)) > math.MaxUint32 || f.Raw > math.MaxUint32:
		return fmt.Errorf("%s: %d bytes are more than a frame can hold", f.Key, f.Raw)
	}
	return nil
}

// Add appends a sample, or puts it in the place of the one of its key, after
// Redo.
func (w *Writer) Add(f Frame) error {
	if err := w.Check(f); err != nil {
		return err
	}
	w.added[f.Key] = true
	if shard := w.replace.shardOf(f.Key); shard != "" {
		return w.put(shard, f)
	}
	if w.open != nil && (len(w.open.entries) == w.o.Samples || w.open.raw+f.Raw > w.o.Bytes) {
		if err := w.finish(); err != nil {
			return err
		}
	}
	if w.open == nil {
		var err error
		if w.open, err = w.begin(nameOf(w.next)); err != nil {
			return err
		}
	}
	return w.open.add(f.About, f.Packed, f.Raw, f.checksum, f.Sum)
}

func (w *Writer) begin(name string) (*openShard, error) {
	f, err := atomicfile.Create(atomicfile.OS, filepath.Join(w.dir, name))
	if err != nil {
		return nil, err
	}
	return &openShard{name: name, file: f, sum: sha256.New()}, nil
}

// add appends a frame; the checksum is that of its content.
func (o *openShard) add(a About, packed []byte, raw int64, checksum uint32, sum uint64) error {
	o.entries = append(o.entries, Entry{About: a, Shard: o.name, Offset: o.size, Length: int64(len(packed)), Raw: raw, Checksum: xxhash.Sum64(packed)})
	o.sums = append(o.sums, sum)
	return o.append(packed, seekEntry{uint32(len(packed)), uint32(raw), checksum})
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

// end completes a shard's file, which does not appear yet.
func (o *openShard) end() error {
	end := encoder().EncodeAll(bytes.Clone(tarEnd), nil)
	if err := o.append(end, seekEntry{uint32(len(end)), uint32(len(tarEnd)), uint32(xxhash.Sum64(tarEnd))}); err != nil {
		return err
	}
	return o.write(appendSeekTable(nil, o.seek))
}

func (o *openShard) keys() []string {
	keys := make([]string, len(o.entries))
	for i, e := range o.entries {
		keys[i] = e.Key
	}
	return keys
}

// finish makes the open shard appear and enters it in the index.
func (w *Writer) finish() error {
	o := w.open
	if err := o.end(); err != nil {
		return err
	}
	if err := w.entering(o.keys()); err != nil {
		return err
	}
	if err := o.file.Commit(); err != nil {
		return err
	}
	w.open = nil
	w.next++
	w.index.entries = append(w.index.entries, o.entries...)
	w.index.shards[o.name] = summary{SHA256: hex.EncodeToString(o.sum.Sum(nil)), Bytes: o.size}
	if err := w.index.save(w.dir); err != nil {
		return err
	}
	return w.entered(o.keys(), o.sums)
}

func (w *Writer) entering(keys []string) error {
	if w.o.Entering == nil {
		return nil
	}
	return w.o.Entering(keys)
}

func (w *Writer) entered(keys []string, sums []uint64) error {
	if w.o.Entered == nil {
		return nil
	}
	return w.o.Entered(keys, sums)
}

// Commit finishes the last shard, full or not.
func (w *Writer) Commit() error {
	if err := w.finishAll(); err != nil {
		return errors.Join(err, w.Abort())
	}
	return errors.Join(w.replace.close(), w.unlock())
}

func (w *Writer) finishAll() error {
	if err := w.rebuild(); err != nil {
		return err
	}
	if w.open != nil {
		return w.finish()
	}
	return nil
}

// Abort drops the shard that is not finished; finished ones stay.
func (w *Writer) Abort() error {
	var err error
	if w.open != nil {
		err = w.open.file.Abort()
		w.open = nil
	}
	return errors.Join(err, w.replace.close(), w.unlock())
}
