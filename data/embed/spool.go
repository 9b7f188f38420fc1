package embed

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/cespare/xxhash/v2"

	"hpaflow/data/atomicfile"
	"hpaflow/data/provenance"
)

// SpoolOptions say how rows are kept until the table they make is whole.
type SpoolOptions struct {
	// Rows are those of a file; 0: 64. What a killed writer loses is less.
	Rows int

	// GoOn goes on after what a writer that was stopped has left; else that is
	// removed.
	GoOn bool

	// Entering and Entered, where set, are told the Ids of rows whose file is
	// about to appear, and of those that have, with their Sums.
	Entering func(ids []string) error
	Entered  func(ids []string, sums []uint64) error
}

// Spool keeps rows in a folder, some a file, until all are there: a table is one
// file, and would be lost with the run that writes it. Its files are no table
// that others read. Has may be called while rows are added.
type Spool struct {
	dir     string
	o       SpoolOptions
	before  map[string]uint64 // Sums by Id, of what a writer before has left
	added   map[string]bool
	files   []string
	waiting []*Embedding
}

// PartOf is the folder in which the rows of a table are kept.
func PartOf(path string) string { return filepath.Clean(path) + ".part" }

var spoolName = regexp.MustCompile(`^rows-\d{6,}\.bin$`)

// LeftIn are the Sums, by Id, of the rows that a writer which was stopped has
// left in a folder. Files that are not whole count for nothing.
func LeftIn(dir string) (map[string]uint64, error) {
	left := map[string]uint64{}
	names, err := spoolFiles(dir)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		rows, err := readSpool(filepath.Join(dir, name))
		if err != nil {
			break // rows after it would lie in another order
		}
		for _, e := range rows {
			left[e.ID] = e.Sum
		}
	}
	return left, nil
}

func spoolFiles(dir string) (names []string, err error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	for _, e := range entries {
		if spoolName.MatchString(e.Name()) {
			names = append(names, e.Name())
		}
	}
	return names, err
}

// CreateSpool begins to keep rows in a folder that is made if need be. Nobody
// else may write there.
func CreateSpool(dir string, o SpoolOptions) (*Spool, error) {
	if o.Rows == 0 {
		o.Rows = 64
	}
	s := &Spool{dir: dir, o: o, before: map[string]uint64{}, added: map[string]bool{}}
	if !o.GoOn {
		if err := RemoveSpool(dir); err != nil {
			return nil, err
		}
	}
	if err := atomicfile.MakeFolder(dir); err != nil {
		return nil, err
	}
	if err := atomicfile.Sweep(atomicfile.OS, dir); err != nil {
		return nil, err
	}
	names, err := spoolFiles(dir)
	if err != nil {
		return nil, err
	}
	for i, name := range names {
		rows, err := readSpool(filepath.Join(dir, name))
		if err != nil || name != spoolFile(i) { // it and those after it are made again
			for _, later := range names[i:] {
				if err := os.Remove(filepath.Join(dir, later)); err != nil {
					return nil, err
				}
			}
			break
		}
		s.files = append(s.files, name)
		for _, e := range rows {
			s.before[e.ID] = e.Sum
		}
	}
	return s, nil
}

// RemoveSpool removes what a writer has left in a folder, and the folder; one
// that holds anything else stays, and is an error.
func RemoveSpool(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		if n := e.Name(); !spoolName.MatchString(n) && n != provenance.FolderName && filepath.Ext(n) != atomicfile.Suffix {
			return fmt.Errorf("%s is there, and is not to be removed: it holds %s", dir, n)
		}
	}
	return errors.Join(err, os.RemoveAll(dir))
}

// Has says whether a row was there when the writer began.
func (s *Spool) Has(id string) bool { _, there := s.before[id]; return there }

// Left are the Sums, by Id, of the rows that were there.
func (s *Spool) Left() map[string]uint64 { return maps.Clone(s.before) }

// Len is how many rows there are.
func (s *Spool) Len() int { return len(s.before) + len(s.added) }

// Add keeps a row. One that is there already is an error.
func (s *Spool) Add(e *Embedding) error {
	if s.Has(e.ID) || s.added[e.ID] {
		return fmt.Errorf("%s is in the table already", e.ID)
	}
	s.added[e.ID] = true
	s.waiting = append(s.waiting, e)
	if len(s.waiting) == s.o.Rows {
		return s.Flush()
	}
	return nil
}

// Carry is Add for a row that was made before, and counts as one that was there.
func (s *Spool) Carry(e *Embedding) error {
	if err := s.Add(e); err != nil {
		return err
	}
	delete(s.added, e.ID)
	s.before[e.ID] = e.Sum
	return nil
}

// Flush lets the rows that wait appear.
func (s *Spool) Flush() error {
	if len(s.waiting) == 0 {
		return nil
	}
	var ids []string
	var sums []uint64
	for _, e := range s.waiting {
		ids, sums = append(ids, e.ID), append(sums, e.Sum)
	}
	if s.o.Entering != nil {
		if err := s.o.Entering(ids); err != nil {
			return err
		}
	}
	name := spoolFile(len(s.files))
	text := encodeSpool(s.waiting)
	if err := atomicfile.Write(filepath.Join(s.dir, name), func(w io.Writer) error { _, err := w.Write(text); return err }); err != nil {
		return err
	}
	s.files, s.waiting = append(s.files, name), nil
	if s.o.Entered != nil {
		return s.o.Entered(ids, sums)
	}
	return nil
}

// Rows are all rows that have appeared, in the order they were added.
func (s *Spool) Rows() iter.Seq2[*Embedding, error] {
	return func(yield func(*Embedding, error) bool) {
		for _, name := range s.files {
			rows, err := readSpool(filepath.Join(s.dir, name))
			if err != nil {
				yield(nil, err)
				return
			}
			for _, e := range rows {
				if !yield(e, nil) {
					return
				}
			}
		}
	}
}

func spoolFile(i int) string { return fmt.Sprintf("rows-%06d.bin", i) }

const spoolMagic = "hpaflow rows 1\n\n"

// encodeSpool lays rows out one after the other, and their XXH64 behind them.
func encodeSpool(rows []*Embedding) []byte {
	b := []byte(spoolMagic)
	put := func(v uint64) { b = binary.AppendUvarint(b, v) }
	put(uint64(len(rows)))
	for _, e := range rows {
		put(uint64(len(e.ID)))
		b = append(b, e.ID...)
		b = binary.LittleEndian.AppendUint64(b, e.Sum)
		for _, values := range [][]float32{e.Features, e.Probabilities} {
			put(uint64(len(values)))
			for _, v := range values {
				b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
			}
		}
	}
	return binary.LittleEndian.AppendUint64(b, xxhash.Sum64(b))
}

var errSpool = errors.New("the file of rows is damaged")

func readSpool(path string) ([]*Embedding, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if rows := decodeSpool(b); rows != nil {
		return rows, nil
	}
	return nil, fmt.Errorf("%s: %w", path, errSpool)
}

// decodeSpool gives nil where the bytes are no rows.
func decodeSpool(b []byte) (rows []*Embedding) {
	if len(b) < len(spoolMagic)+8 || !bytes.HasPrefix(b, []byte(spoolMagic)) {
		return nil
	}
	body, sum := b[:len(b)-8], binary.LittleEndian.Uint64(b[len(b)-8:])
	if xxhash.Sum64(body) != sum {
		return nil
	}
	body = body[len(spoolMagic):]
	take := func(unit int) []byte { // so many units, as a number before them says
		n, used := binary.Uvarint(body)
		if used <= 0 || n > uint64(len(body)-used)/uint64(unit) {
			return nil
		}
		part := body[used:][:int(n)*unit]
		body = body[used+len(part):]
		return slices.Clip(part[:len(part):len(part)])
	}
	count, used := binary.Uvarint(body)
	if used <= 0 || count > uint64(len(body)) {
		return nil
	}
	body = body[used:]
	rows = make([]*Embedding, 0, count)
	for range count {
		e := &Embedding{ID: string(take(1))}
		if e.ID == "" || len(body) < 8 {
			return nil
		}
		e.Sum, body = binary.LittleEndian.Uint64(body), body[8:]
		for _, to := range []*[]float32{&e.Features, &e.Probabilities} {
			part := take(4)
			if part == nil {
				return nil
			}
			*to = make([]float32, len(part)/4)
			for i := range *to {
				(*to)[i] = math.Float32frombits(binary.LittleEndian.Uint32(part[4*i:]))
			}
		}
		rows = append(rows, e)
	}
	return rows
}
