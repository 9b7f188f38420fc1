package shards

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"hpaflow/data"
	"hpaflow/data/place"
	"hpaflow/data/provenance"
	"hpaflow/data/regular"
	"hpaflow/data/store"

	seekable "github.com/SaveTheRbtz/zstd-seekable-format-go/pkg"
	"github.com/cespare/xxhash/v2"
)

// Reader reads samples of a folder of shards, in any order. It is safe for
// concurrent use.
type Reader struct {
	dir     string
	kind    Kind
	shards  map[string]summary // what the index says
	entries []Entry
	byKey   keys

	mu   sync.Mutex
	open map[string]frames
}

// frames is an open shard.
type frames interface {
	io.Closer
	size() (int64, error)
	readAt(ctx context.Context, p []byte, offset int64) (int, error) // as io.ReaderAt
}

type shardFile struct{ *os.File }

func (f shardFile) size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func (f shardFile) readAt(_ context.Context, p []byte, offset int64) (int, error) {
	return f.ReadAt(p, offset)
}

// shardObject is a shard in a store, of which frames are read by ranges.
type shardObject struct {
	store store.Store
	store.Object
}

func (o shardObject) size() (int64, error) { return o.Object.Size, nil }
func (o shardObject) Close() error         { return nil }

func (o shardObject) readAt(ctx context.Context, p []byte, offset int64) (int, error) {
	return o.store.ReadAt(ctx, o.Key, o.Version, p, offset)
}

// ErrNone is the error of a folder in which there are no shards.
var ErrNone = errors.New("holds no shards")

// Open reads the index of a folder, or, where there is none, the seek table
// of every shard and the members of every frame, which takes as long as
// reading all of it. A folder of another kind than want is an error, and so is
// one of both; AnyKind takes either.
func Open(dir string, want Kind) (*Reader, error) {
	x, err := readIndex(dir)
	if err != nil {
		return nil, err
	}
	if len(x.shards) == 0 {
		if place.Remote(dir) {
			return nil, fmt.Errorf("%s has no %s; in a store shards are found by it: make it, by hpaflow shards or a run, where they are on a disk", place.Shown(dir), IndexName)
		}
		if x, err = scan(dir); err != nil {
			return nil, err
		}
	}
	if want != AnyKind && x.kind != want {
		return nil, fmt.Errorf("%s holds shards of %s, not of %s", dir, x.kind, want)
	}
	r := &Reader{dir: dir, kind: x.kind, shards: x.shards, entries: x.entries, open: map[string]frames{}}
	byKey, twice := newKeys(r.entries)
	if twice != "" {
		return nil, fmt.Errorf("%s: %s is there twice", dir, twice)
	}
	r.byKey = byKey
	return r, nil
}

// Kind is what the frames hold.
func (r *Reader) Kind() Kind { return r.kind }

// Entries lists the samples in the order of the shards. The caller must not
// change the list.
func (r *Reader) Entries() []Entry { return r.entries }

// Frame reads a sample's frame, to be decoded by Decode, and names it for
// errors as SHARD:KEY. Bytes that do not fit their checksum are an error.
func (r *Reader) Frame(key string) (packed []byte, name string, err error) {
	return r.FrameContext(context.Background(), key)
}

// FrameContext is Frame for shards in a store, which a server may be slow to give.
func (r *Reader) FrameContext(ctx context.Context, key string) (packed []byte, name string, err error) {
	e, ok := r.Entry(key)
	if !ok {
		return nil, "", fmt.Errorf("%s has no sample %s", r.dir, key)
	}
	f, err := r.file(ctx, e.Shard)
	if err != nil {
		return nil, "", err
	}
	b, err := readFrame(ctx, f, e)
	return b, e.Shard + ":" + key, err
}

// Origin is what a sample is made from: its frame, whose checksum the index has.
// It is 0 for a sample that is not there.
func (r *Reader) Origin(key string) provenance.Known {
	e, ok := r.Entry(key)
	if !ok {
		return 0
	}
	var sum provenance.Sum
	sum.AddXXH64(data.Packed, e.Checksum)
	return provenance.Known(sum.Value())
}

// File is a sample's frame as a packed file, for a stage that decodes.
func (r *Reader) File(key string) (data.File, error) {
	return r.FileContext(context.Background(), key)
}

// FileContext is File for shards in a store.
func (r *Reader) FileContext(ctx context.Context, key string) (data.File, error) {
	frame, name, err := r.FrameContext(ctx, key)
	return data.File{Name: name, Channel: data.Packed, Sum: uint64(r.Origin(key)), Data: frame}, err
}

// Remote says that the shards are in a store, so that their frames are better got
// many at once.
func (r *Reader) Remote() bool { return place.Remote(r.dir) }

// Find is File where the shards are on this machine; of shards in a store it is the
// same file without its bytes, for who gets them later by FileContext.
func (r *Reader) Find(key string) (data.File, error) {
	e, ok := r.Entry(key)
	if !ok || !r.Remote() {
		return r.File(key)
	}
	return data.File{Name: e.Shard + ":" + key, Channel: data.Packed, Sum: uint64(r.Origin(key)), Size: e.Length, Mark: uint64(r.Origin(key))}, nil
}

// Read reads and decodes a sample's frame.
func (r *Reader) Read(key string) (*Content, error) {
	packed, name, err := r.Frame(key)
	if err != nil {
		return nil, err
	}
	c, err := Decode(packed)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return c, nil
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

func (r *Reader) file(ctx context.Context, name string) (frames, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if f := r.open[name]; f != nil {
		return f, nil
	}
	if !shardName.MatchString(name) {
		return nil, fmt.Errorf("%s: %q is no shard's name", r.dir, name)
	}
	if r.Remote() {
		s, err := store.For(ctx, r.dir)
		if err != nil {
			return nil, err
		}
		r.open[name] = shardObject{s, store.Object{Key: name, Size: r.shards[name].Bytes}} // what is another by now has other checksums
		return r.open[name], nil
	}
	f, _, err := regular.Open(filepath.Join(r.dir, name))
	if err != nil {
		return nil, err
	}
	r.open[name] = shardFile{f}
	return r.open[name], nil
}

// readFrame reads an entry's bytes, if the file is long enough to hold them.
func readFrame(ctx context.Context, f frames, e Entry) ([]byte, error) {
	size, err := f.size()
	if err != nil {
		return nil, err
	}
	if e.Offset < 0 || e.Length < 0 || e.Offset > size-e.Length {
		return nil, fmt.Errorf("%s: the frame of %s ends beyond the file", e.Shard, e.Key)
	}
	b := make([]byte, e.Length)
	if n, err := f.readAt(ctx, b, e.Offset); err != nil && n < len(b) {
		return nil, fmt.Errorf("%s: %s: %w", e.Shard, e.Key, err)
	}
	if xxhash.Sum64(b) != e.Checksum {
		return nil, damaged(e)
	}
	return b, nil
}

// scan makes the index of a folder that has none, without digests.
func scan(dir string) (*index, error) {
	names, err := files(dir)
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%s %w", dir, ErrNone)
	}
	var x index
	for _, name := range names {
		found, err := scanShard(dir, name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		x.entries = append(x.entries, found...)
	}
	if len(x.entries) == 0 {
		return nil, fmt.Errorf("the shards of %s hold no samples", dir)
	}
	x.kind = x.entries[0].Kind
	for _, e := range x.entries {
		if e.Kind != x.kind {
			return nil, fmt.Errorf("%s holds shards of %s and of %s: %s and %s", dir, x.kind, e.Kind, x.entries[0].Shard, e.Shard)
		}
	}
	return &x, nil
}

// What is unpacked of a shard that no index names: a small file can claim to hold
// any number of bytes.
const (
	mostScanned = 512 << 20 // of a frame: four planes of 16 bits, of as many pixels as a run takes by itself
	mostOfShard = 4 << 30   // of all frames, or so many times as much as the file holds:
	mostTimes   = 1000
)

// unpacking is what has been unpacked of such a shard.
type unpacking struct{ file, all int64 }

// admit says why a frame that claims to hold so many bytes is not unpacked.
func (u *unpacking) admit(n int64) error {
	if u.all += n; n > mostScanned || u.all > max(mostOfShard, mostTimes*u.file) {
		return fmt.Errorf("claims to hold %d bytes, more than is unpacked of a shard that no index names", n)
	}
	return nil
}

// scanShard finds frames by the seek table, and keys by decoding them.
func scanShard(dir, name string) ([]Entry, error) {
	f, _, err := regular.Open(filepath.Join(dir, name))
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
	room := unpacking{file: info.Size()}
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
		n, err := Unpacked(packed)
		if err == nil {
			err = room.admit(n)
		}
		if err != nil {
			return nil, fmt.Errorf("frame %d: %w", id, err)
		}
		raw, err := unpack(nil, packed)
		if err != nil {
			return nil, fmt.Errorf("frame %d: %w", id, err)
		}
		if id == table.NumFrames()-1 && bytes.Equal(raw, tarEnd) {
			break
		}
		c, err := parse(raw)
		if err != nil {
			return nil, fmt.Errorf("frame %d: %w", id, err)
		}
		e.About, e.Checksum = c.About, xxhash.Sum64(packed)
		entries = append(entries, e)
	}
	return entries, nil
}
