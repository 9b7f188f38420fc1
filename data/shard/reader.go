package shard

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	seekable "github.com/SaveTheRbtz/zstd-seekable-format-go/pkg"
	"github.com/cespare/xxhash/v2"

	"hpaflow/data"
)

// Reader reads samples of a folder of shards, in any order. It is safe for
// concurrent use.
type Reader struct {
	dir     string
	entries []Entry
	byKey   map[string]int

	mu   sync.Mutex
	open map[string]*os.File
}

// Open reads the index of a folder, or, where there is none, the seek table
// of every shard and the members of every frame, which takes as long as
// reading all of it.
func Open(dir string) (*Reader, error) {
	x, err := readIndex(dir)
	if err != nil {
		return nil, err
	}
	if len(x.shards) == 0 {
		if x.entries, err = scan(dir); err != nil {
			return nil, err
		}
	}
	r := &Reader{dir: dir, entries: x.entries, byKey: map[string]int{}, open: map[string]*os.File{}}
	for i, e := range r.entries {
		if _, twice := r.byKey[e.Key]; twice {
			return nil, fmt.Errorf("%s: %s is there twice", dir, e.Key)
		}
		r.byKey[e.Key] = i
	}
	return r, nil
}

// Entries lists the samples in the order of the shards. The caller must not
// change the list.
func (r *Reader) Entries() []Entry { return r.entries }

// Frame reads a sample's frame, to be decoded by Decode, and names it for
// errors as SHARD:KEY. Bytes that do not fit their checksum are an error.
func (r *Reader) Frame(key string) (packed []byte, name string, err error) {
	i, ok := r.byKey[key]
	if !ok {
		return nil, "", fmt.Errorf("%s has no sample %s", r.dir, key)
	}
	e := r.entries[i]
	f, err := r.file(e.Shard)
	if err != nil {
		return nil, "", err
	}
	b, err := readFrame(f, e)
	return b, e.Shard + ":" + key, err
}

// Sample reads and decodes a sample.
func (r *Reader) Sample(key string) (*data.Sample, error) {
	packed, name, err := r.Frame(key)
	if err != nil {
		return nil, err
	}
	s, err := Decode(packed)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return s, nil
}

// Close closes the shards. The reader opens them again when it is used again.
func (r *Reader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range r.open {
		f.Close() // opened for reading: nothing can be lost
	}
	clear(r.open)
	return nil
}

func (r *Reader) file(name string) (*os.File, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if f := r.open[name]; f != nil {
		return f, nil
	}
	if !shardName.MatchString(name) {
		return nil, fmt.Errorf("%s: %q is no shard's name", r.dir, name)
	}
	f, err := os.Open(filepath.Join(r.dir, name))
	if err != nil {
		return nil, err
	}
	r.open[name] = f
	return f, nil
}

// readFrame reads an entry's bytes, if the file is long enough to hold them.
func readFrame(f *os.File, e Entry) ([]byte, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if e.Offset < 0 || e.Length < 0 || e.Offset > info.Size()-e.Length {
		return nil, fmt.Errorf("%s: the frame of %s ends beyond the file", e.Shard, e.Key)
	}
	b := make([]byte, e.Length)
	if _, err := f.ReadAt(b, e.Offset); err != nil {
		return nil, fmt.Errorf("%s: %s: %w", e.Shard, e.Key, err)
	}
	if xxhash.Sum64(b) != e.Checksum {
		return nil, fmt.Errorf("%s: the frame of %s is damaged: its checksum does not fit", e.Shard, e.Key)
	}
	return b, nil
}

// scan finds the samples of a folder that has no index.
func scan(dir string) ([]Entry, error) {
	names, err := files(dir)
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%s holds no shards", dir)
	}
	var entries []Entry
	for _, name := range names {
		found, err := scanShard(dir, name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		entries = append(entries, found...)
	}
	return entries, nil
}

// scanShard finds frames by the seek table, and keys by decoding them.
func scanShard(dir, name string) ([]Entry, error) {
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := seekable.NewReader(f, decoder())
	if err != nil {
		return nil, err
	}
	defer z.Close()
	table, err := z.SeekTable()
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	var entries []Entry
	for id := range table.NumFrames() {
		at, _ := table.EntryByID(id)
		e := Entry{Shard: name, Offset: int64(at.CompressedOffset), Length: int64(at.CompressedSize), Raw: int64(at.DecompressedSize)}
		if e.Offset > info.Size()-e.Length {
			return nil, fmt.Errorf("frame %d ends beyond the file", id)
		}
		packed := make([]byte, e.Length)
		if _, err := io.ReadFull(io.NewSectionReader(f, e.Offset, e.Length), packed); err != nil {
			return nil, err
		}
		raw, err := decoder().DecodeAll(packed, nil)
		if err != nil {
			return nil, fmt.Errorf("frame %d: %w", id, err)
		}
		if id == table.NumFrames()-1 && bytes.Equal(raw, tarEnd) {
			break
		}
		s, err := parse(raw)
		if err != nil {
			return nil, fmt.Errorf("frame %d: %w", id, err)
		}
		e.Key, e.Labels, e.Labeled, e.Split, e.Checksum = s.ID, s.Labels, s.Labeled, s.Split, xxhash.Sum64(packed)
		entries = append(entries, e)
	}
	return entries, nil
}
