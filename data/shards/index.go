package shards

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/parquet-go/parquet-go"

	"hpaflow/data"
	"hpaflow/data/atomicfile"
	"hpaflow/data/place"
	"hpaflow/data/regular"
)

// mostIndex is how large an index may be: tens of millions of samples.
const mostIndex = 4 << 30

// IndexName is the index's name in a folder of shards.
const IndexName = "index.parquet"

// Entry is where a sample is, and what is known of it.
type Entry struct {
	About
	Shard    string // the file's name
	Offset   int64  // of the sample's frame in the file
	Length   int64  // of the frame
	Raw      int64  // size of its content
	Checksum uint64 // XXH64 of the frame
}

// row is an Entry as Parquet holds it.
type row struct {
	Key      string  `parquet:"key"`
	Shard    string  `parquet:"shard,dict"`
	Offset   int64   `parquet:"offset"`
	Length   int64   `parquet:"length"`
	Raw      int64   `parquet:"raw"`
	Checksum uint64  `parquet:"checksum"`
	Labels   []int32 `parquet:"labels,list"`
	Labeled  bool    `parquet:"labeled"`
	Split    string  `parquet:"split,dict"`
}

// index is what is known of a folder of shards.
type index struct {
	kind    Kind
	entries []Entry
	shards  map[string]summary // by file name
}

// summary is what the index says of a whole shard.
type summary struct {
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
}

// The keys of the metadata.
const (
	shardsKey = "hpaflow.shards" // JSON: file name to summary
	kindKey   = "hpaflow.kind"   // of the frames; without it, Planes
)

var shardName = regexp.MustCompile(`^shard-\d{5,}\.tar\.zst$`)

// IsName says whether a folder of shards has files of this name: shards and
// their index.
func IsName(name string) bool { return name == IndexName || shardName.MatchString(name) }

func nameOf(number int) string { return fmt.Sprintf("shard-%05d.tar.zst", number) }

// groupRows is how many rows a group of the index has: what is held of it while it
// is written. It is part of what the bytes depend on; tests lower it.
var groupRows = 1 << 18

// indexWriter writes the bytes of an index, a group of rows at a time. The bytes
// depend on the rows alone, not on how many come at once.
type indexWriter struct {
	out  *sealed
	w    *parquet.GenericWriter[row]
	rows []row
}

func newIndexWriter(out io.Writer, kind Kind, shards map[string]summary) (*indexWriter, error) {
	about, err := json.Marshal(shards)
	if err != nil {
		return nil, err
	}
	options := []parquet.WriterOption{
		parquet.Compression(&parquet.Zstd), parquet.MaxRowsPerRowGroup(int64(groupRows)),
		parquet.KeyValueMetadata(shardsKey, string(about)), parquet.KeyValueMetadata(digestKey, noDigest),
	}
	if kind != Planes {
		options = append(options, parquet.KeyValueMetadata(kindKey, string(kind)))
	}
	x := &indexWriter{out: newSealed(out)}
	x.w = parquet.NewGenericWriter[row](x.out, options...)
	return x, nil
}

func (x *indexWriter) add(entries []Entry) error {
	for _, e := range entries {
		if len(x.rows) == groupRows {
			if err := x.group(); err != nil {
				return err
			}
		}
		labels := []int32{}
		for _, n := range e.Labels.Numbers() {
			labels = append(labels, int32(n))
		}
		x.rows = append(x.rows, row{e.Key, e.Shard, e.Offset, e.Length, e.Raw, e.Checksum, labels, e.Labeled, e.Split})
	}
	return nil
}

// group writes a full group.
func (x *indexWriter) group() error {
	_, err := x.w.Write(x.rows)
	x.rows = x.rows[:0]
	return errors.Join(err, x.w.Flush())
}

func (x *indexWriter) end() error {
	if _, err := x.w.Write(x.rows); err != nil {
		return err
	}
	if err := x.w.Flush(); err != nil {
		return err
	}
	x.out.hold() // the digest is to stand in what comes last
	if err := x.w.Close(); err != nil {
		return err
	}
	return x.out.end()
}

// encode gives the bytes of index.parquet, which depend on the index alone.
func (x *index) encode() ([]byte, error) {
	var b bytes.Buffer
	err := x.write(&b)
	return b.Bytes(), err
}

func (x *index) write(out io.Writer) error {
	w, err := newIndexWriter(out, x.kind, x.shards)
	if err == nil {
		err = w.add(x.entries)
	}
	if err != nil {
		return err
	}
	return w.end()
}

func (x *index) save(dir string) error {
	return atomicfile.Write(filepath.Join(dir, IndexName), x.write)
}

// readIndex reads a folder's index; without one it gives an empty index.
func readIndex(dir string) (*index, error) {
	path := place.Join(dir, IndexName)
	read := func() ([]byte, error) { return regular.Read(path, mostIndex) }
	if place.Remote(path) {
		read = func() ([]byte, error) { return place.Read(context.Background(), path) }
	}
	b, err := read()
	if errors.Is(err, fs.ErrNotExist) {
		return &index{shards: map[string]summary{}}, nil
	}
	if err != nil {
		return nil, err
	}
	x, err := decodeIndex(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", place.Shown(path), err)
	}
	return x, nil
}

// decodeIndex reads the bytes of an index, once their digest has shown them to
// be what was written, and their claims to fit their size: a digest can be made
// for anything. What the library cannot read, it may panic at.
func decodeIndex(b []byte) (x *index, err error) {
	defer func() {
		if v := recover(); v != nil {
			x, err = nil, fmt.Errorf("damaged: %v", v)
		}
	}()
	if err := checkSeal(b); err != nil {
		return nil, err
	}
	f, atOnce, err := openIndex(b)
	if err != nil {
		return nil, err
	}
	x = &index{kind: Planes, shards: map[string]summary{}}
	about, ok := f.Lookup(shardsKey)
	if !ok {
		return nil, fmt.Errorf("not an index of shards: no %s in its metadata", shardsKey)
	}
	if err := json.Unmarshal([]byte(about), &x.shards); err != nil {
		return nil, fmt.Errorf("%s: %w", shardsKey, err)
	}
	if x.shards == nil {
		return nil, fmt.Errorf("%s: there is none", shardsKey)
	}
	if kind, ok := f.Lookup(kindKey); ok {
		x.kind = Kind(kind)
	}
	return x, x.readRows(f, atOnce, mostBytes(len(b)))
}

// readRows reads rows, so many at once, that come to no more than so many bytes
// of text.
func (x *index) readRows(f *parquet.File, atOnce int, most int64) error {
	r := parquet.NewGenericReader[row](f)
	defer r.Close()
	rows := make([]row, atOnce)
	x.entries = make([]Entry, 0, f.NumRows())
	texts := texts{}
	for {
		n, err := r.Read(rows)
		for i := range rows[:n] {
			most -= int64(len(rows[i].Key) + len(rows[i].Shard) + len(rows[i].Split))
			e, bad := x.entry(&rows[i], texts)
			if bad == nil && most < 0 {
				bad = errors.New("its texts are longer than such a file can hold")
			}
			if bad != nil {
				return bad
			}
			x.entries = append(x.entries, e)
		}
		switch {
		case errors.Is(err, io.EOF) || err == nil && n == 0:
			if int64(len(x.entries)) != f.NumRows() {
				return fmt.Errorf("%d of %d rows", len(x.entries), f.NumRows())
			}
			return nil
		case err != nil:
			return fmt.Errorf("%d of %d rows: %w", len(x.entries), f.NumRows(), err)
		}
	}
}

// texts are those that many rows share, each kept once.
type texts map[string]string

func (t texts) one(text string) string {
	known, ok := t[text]
	if !ok {
		t[text], known = text, text
	}
	return known
}

// entry is a row as the index holds it.
func (x *index) entry(r *row, texts texts) (Entry, error) {
	e := Entry{
		About: About{Key: r.Key, Kind: x.kind, Labeled: r.Labeled, Split: texts.one(r.Split)},
		Shard: texts.one(r.Shard), Offset: r.Offset, Length: r.Length, Raw: r.Raw, Checksum: r.Checksum,
	}
	for _, n := range r.Labels {
		if n < 0 || n >= data.MaxClasses {
			return e, fmt.Errorf("%s: label %d", r.Key, n)
		}
		e.Labels |= data.LabelsOf(int(n))
	}
	return e, nil
}

// files lists the shards in a folder, by name.
func files(dir string) ([]string, error) {
	if !place.Remote(dir) {
		if _, err := os.Stat(dir); err != nil {
			return nil, err
		}
	}
	there, err := place.Names(context.Background(), dir)
	if err != nil {
		return nil, err
	}
	names := slices.DeleteFunc(there, func(name string) bool { return !shardName.MatchString(name) })
	slices.Sort(names)
	return names, nil
}

// Exists says whether a folder holds shards.
func Exists(dir string) bool {
	names, err := files(dir)
	return err == nil && len(names) > 0
}
