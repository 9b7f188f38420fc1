package embed

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"hpaflow/data/half"
	"hpaflow/data/regular"
)

// groupRows are the rows of a row group.
const groupRows = 2048

// ordered is a row of columns in an order of their own.
type ordered struct {
	parquet.Group
	names []string
}

func (o ordered) Fields() []parquet.Field {
	fields := o.Group.Fields()
	byName := map[string]parquet.Field{}
	for _, f := range fields {
		byName[f.Name()] = f
	}
	for i, name := range o.names {
		fields[i] = byName[name]
	}
	return fields
}

// halfType is FLOAT16 of Parquet.
type halfType struct{ parquet.Type }

func (halfType) LogicalType() *format.LogicalType {
	return &format.LogicalType{Value: &format.Float16Type{}}
}

func schemaOf(classes, features int, t DType) *parquet.Schema {
	value := parquet.Leaf(parquet.FloatType)
	if t == Float16 {
		value = parquet.Leaf(halfType{parquet.FixedLenByteArrayType(2)})
	}
	row := ordered{parquet.Group{}, columns(Parquet, classes, features)}
	for i, name := range row.names {
		switch {
		case name == "top_class":
			row.Group[name] = parquet.Leaf(parquet.Int32Type)
		case i < 3:
			row.Group[name] = parquet.String()
		case i < 3+classes:
			row.Group[name] = parquet.Leaf(parquet.FloatType)
		default:
			row.Group[name] = value
		}
	}
	return parquet.NewSchema("embeddings", row)
}

// WriteParquet writes rows as a Parquet file. Its bytes depend on the rows alone.
func WriteParquet(w io.Writer, rows iter.Seq2[*Embedding, error], t DType) error {
	var out *parquet.GenericWriter[any]
	var group []parquet.Row
	flush := func() error {
		if len(group) == 0 {
			return nil
		}
		if _, err := out.WriteRows(group); err != nil {
			return err
		}
		group = group[:0]
		return out.Flush()
	}
	var first *Embedding
	for e, err := range rows {
		if err != nil {
			return err
		}
		if first == nil {
			first = e
			out = parquet.NewGenericWriter[any](w, schemaOf(len(e.Probabilities), len(e.Features), t), parquet.CreatedBy("hpaflow", "", ""), parquet.DataPageStatistics(false))
		}
		if len(e.Features) != len(first.Features) || len(e.Probabilities) != len(first.Probabilities) {
			return fmt.Errorf("%s has %d values and %d probabilities, %s has others", e.ID, len(e.Features), len(e.Probabilities), first.ID)
		}
		group = append(group, rowOf(e, t))
		if len(group) == groupRows {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if out == nil {
		return errNoRow
	}
	if err := flush(); err != nil {
		return err
	}
	return out.Close()
}

var errNoRow = errors.New("there is no row to write")

func rowOf(e *Embedding, t DType) parquet.Row {
	top := e.Top(1)[0]
	row := make(parquet.Row, 0, 3+len(e.Probabilities)+len(e.Features))
	add := func(v parquet.Value) { row = append(row, v.Level(0, 0, len(row))) }
	add(parquet.ByteArrayValue([]byte(e.ID)))
	add(parquet.ByteArrayValue([]byte(LocationOf(top, len(e.Probabilities)))))
	add(parquet.Int32Value(int32(top)))
	for _, p := range e.Probabilities {
		add(parquet.FloatValue(p))
	}
	for _, v := range e.Features {
		if t == Float16 {
			h := half.Bits(v)
			add(parquet.FixedLenByteArrayValue([]byte{byte(h), byte(h >> 8)}))
		} else {
			add(parquet.FloatValue(v))
		}
	}
	return row
}

// Row is what a table of embeddings says of a cell.
type Row struct {
	ID       string
	Location string // the most probable
	Features []float32

	Probabilities []float32 // of all locations; of another program's table there may be none
}

// Bytes is the memory it holds.
func (r *Row) Bytes() int64 {
	return int64(len(r.ID)+len(r.Location)+4*len(r.Features)+4*len(r.Probabilities)) + 64
}

var (
	featureColumn     = regexp.MustCompile(`^feat\d{4,}$`)
	probabilityColumn = regexp.MustCompile(`^prob\d{2,}$`)
)

// ReadParquet gives the rows of a table of embeddings: a file, or the files
// *.parquet of a folder in the order of their names.
func ReadParquet(path string) iter.Seq2[*Row, error] {
	return func(yield func(*Row, error) bool) {
		files, err := parquetFiles(path)
		if err != nil {
			yield(nil, err)
			return
		}
		for _, file := range files {
			if more, err := readFile(file, func(r *Row) bool { return yield(r, nil) }); err != nil {
				yield(nil, fmt.Errorf("%s: %w", file, err))
				return
			} else if !more {
				return
			}
		}
	}
}

// CheckParquet says why ReadParquet could read nothing, without reading rows.
func CheckParquet(path string) error {
	files, err := parquetFiles(path)
	if err != nil {
		return err
	}
	for _, file := range files {
		in, _, err := openParquet(file)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		in.Close()
	}
	return nil
}

// parquetFiles are those of a table.
func parquetFiles(path string) ([]string, error) {
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		return []string{path}, nil
	}
	files, err := filepath.Glob(filepath.Join(path, "*"+string(Parquet)))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("%s: there is no file *.parquet in it", path)
	}
	slices.Sort(files)
	return files, nil
}

// openParquet opens a file that begins as one of Parquet does.
func openParquet(path string) (*os.File, fs.FileInfo, error) {
	in, info, err := regular.Open(path)
	if err != nil {
		return nil, nil, err
	}
	magic := make([]byte, 4)
	if _, err := in.ReadAt(magic, 0); err != nil || string(magic) != "PAR1" {
		in.Close()
		return nil, nil, errors.New("is no Parquet file; embed.flow writes one where out ends in .parquet")
	}
	return in, info, nil
}

// readFile gives a file's rows until yield wants no more. What the library cannot
// read, it may panic at.
func readFile(path string, yield func(*Row) bool) (more bool, err error) {
	yielding := false
	defer func() {
		if yielding {
			return
		}
		if v := recover(); v != nil {
			err = fmt.Errorf("damaged: %v", v)
		}
	}()
	in, info, err := openParquet(path)
	if err != nil {
		return false, err
	}
	defer in.Close()
	f, err := parquet.OpenFile(in, info.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return false, err
	}
	names, err := namesOf(f)
	if err != nil {
		return false, err
	}
	for _, group := range f.RowGroups() {
		rows := group.Rows()
		buffer := make([]parquet.Row, 64)
		for {
			n, err := rows.ReadRows(buffer)
			for _, row := range buffer[:n] {
				r := names.row(row)
				yielding = true
				ok := yield(r)
				yielding = false
				if !ok {
					return false, rows.Close()
				}
			}
			if err == io.EOF {
				break
			}
			if err != nil {
				return false, err
			}
		}
		if err := rows.Close(); err != nil {
			return false, err
		}
	}
	return true, nil
}

// places are where columns stand.
type places struct {
	id, location  int
	features      []int // by column: the value's place; -1: it is none
	probabilities []int
	values, probs int // how many there are
}

func namesOf(f *parquet.File) (*places, error) {
	p := &places{id: -1, location: -1}
	for i, path := range f.Schema().Columns() {
		p.features, p.probabilities = append(p.features, -1), append(p.probabilities, -1)
		if len(path) != 1 {
			continue
		}
		leaf, _ := f.Schema().Lookup(path...)
		kind := leaf.Node.Type()
		switch name := path[0]; {
		case name == "id" && kind.Kind() == parquet.ByteArray:
			p.id = i
		case name == "top_class_name" && kind.Kind() == parquet.ByteArray:
			p.location = i
		case featureColumn.MatchString(name):
			if kind.Kind() != parquet.Float && kind.Kind() != parquet.Double && !(kind.Kind() == parquet.FixedLenByteArray && kind.Length() == 2) {
				return nil, fmt.Errorf("column %s holds no numbers", name)
			}
			p.features[i] = p.values
			p.values++
		case probabilityColumn.MatchString(name) && kind.Kind() == parquet.Float:
			p.probabilities[i] = p.probs
			p.probs++
		}
	}
	if p.id < 0 || p.values == 0 {
		return nil, errors.New("it is no table of embeddings: it has no column id, or none called feat0000")
	}
	return p, nil
}

func (p *places) row(row parquet.Row) *Row {
	r := &Row{Features: make([]float32, p.values), Probabilities: make([]float32, p.probs)}
	for _, v := range row {
		switch c := v.Column(); {
		case c == p.id:
			r.ID = string(v.ByteArray())
		case c == p.location:
			r.Location = string(v.ByteArray())
		case c < 0 || v.IsNull():
		case p.probabilities[c] >= 0:
			r.Probabilities[p.probabilities[c]] = v.Float()
		case p.features[c] < 0:
		case v.Kind() == parquet.Float:
			r.Features[p.features[c]] = v.Float()
		case v.Kind() == parquet.Double:
			r.Features[p.features[c]] = float32(v.Double())
		default:
			b := v.ByteArray()
			r.Features[p.features[c]] = half.Number(uint16(b[0]) | uint16(b[1])<<8)
		}
	}
	return r
}
