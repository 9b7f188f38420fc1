package shards

import (
	"bytes"
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
)

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

// indexWriter writes the bytes of an index. It gathers the rows: the bytes depend
// on how many are handed on at once, so that all are.
type indexWriter struct {
	b    bytes.Buffer
	w    *parquet.GenericWriter[row]
	rows []row
}

func newIndexWriter(kind Kind, shards map[string]summary, rows int) (*indexWriter, error) {
	about, err := json.Marshal(shards)
	if err != nil {
		return nil, err
	}
	options := []parquet.WriterOption{
		parquet.Compression(&parquet.Zstd),
		parquet.KeyValueMetadata(shardsKey, string(about)), parquet.KeyValueMetadata(digestKey, noDigest),
	}
	if kind != Planes {
		options = append(options, parquet.KeyValueMetadata(kindKey, string(kind)))
	}
	x := &indexWriter{rows: make([]row, 0, rows)}
	x.w = parquet.NewGenericWriter[row](&x.b, options...)
	return x, nil
}

func (x *indexWriter) add(entries []Entry) {
	for _, e := range entries {
		labels := []int32{}
		for _, n := range e.Labels.Numbers() {
			labels = append(labels, int32(n))
		}
		x.rows = append(x.rows, row{e.Key, e.Shard, e.Offset, e.Length, e.Raw, e.Checksum, labels, e.Labeled, e.Split})
	}
}

func (x *indexWriter) end() ([]byte, error) {
	if _, err := x.w.Write(x.rows); err != nil {
		return nil, err
	}
	if err := x.w.Close(); err != nil {
		return nil, err
	}
	return x.b.Bytes(), seal(x.b.Bytes())
}

// encode gives the bytes of index.parquet, which depend on the index alone.
func (x *index) encode() ([]byte, error) {
	w, err := newIndexWriter(x.kind, x.shards, len(x.entries))
	if err != nil {
		return nil, err
	}
	w.add(x.entries)
	return w.end()
}

func (x *index) save(dir string) error {
	b, err := x.encode()
	if err != nil {
		return err
	}
	return atomicfile.Write(filepath.Join(dir, IndexName), func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	})
}

// readIndex reads a folder's index; without one it gives an empty index.
func readIndex(dir string) (*index, error) {
	path := filepath.Join(dir, IndexName)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &index{shards: map[string]summary{}}, nil
	}
	if err != nil {
		return nil, err
	}
	x, err := decodeIndex(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
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
	for {
		n, err := r.Read(rows)
		for i := range rows[:n] {
			most -= int64(len(rows[i].Key) + len(rows[i].Shard) + len(rows[i].Split))
			e, bad := x.entry(&rows[i])
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

// entry is a row as the index holds it.
func (x *index) entry(r *row) (Entry, error) {
	e := Entry{
		About: About{Key: r.Key, Kind: x.kind, Labeled: r.Labeled, Split: r.Split},
		Shard: r.Shard, Offset: r.Offset, Length: r.Length, Raw: r.Raw, Checksum: r.Checksum,
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
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if shardName.MatchString(e.Name()) {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names, nil
}

// Exists says whether a folder holds shards.
func Exists(dir string) bool {
	names, err := files(dir)
	return err == nil && len(names) > 0
}
