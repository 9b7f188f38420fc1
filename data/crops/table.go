package crops

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"hpaflow/data/atomicfile"
	"hpaflow/data/table"
)

// The columns of a submission to the challenge of 2021.
var Columns = []string{"ID", "ImageWidth", "ImageHeight", "PredictionString"}

// longestRow is how many bytes a row of it has at most: some hundred cells, each
// with its mask and each of 19 labels.
const longestRow = 64 << 20

// mostRuns is how many run lengths the cells of a field have at most, together.
const mostRuns = 16 << 20

// Table is the masks in a submission, ID,ImageWidth,ImageHeight,PredictionString,
// where a prediction is "label confidence mask" for each cell and each of its
// labels. Cells are numbered from 1 in the order in which their masks come first.
type Table struct {
	path string
	rows map[string]tableRow
	ids  []string
}

type tableRow struct {
	line          int
	width, height int
	text          string
}

// ReadTable reads a submission; the masks in it are read when they are asked for.
func ReadTable(path string, limit table.Limit) (*Table, error) {
	t := &Table{path: path, rows: map[string]tableRow{}}
	err := limit.Scan(path, table.Columns{Need: Columns, Longest: longestRow}, func(f table.Fields) error {
		id := strings.Clone(f.Get(0))
		if before, twice := t.rows[id]; twice {
			return fmt.Errorf("%s stands in line %d already", id, before.line)
		}
		r := tableRow{line: f.Line, text: strings.Clone(f.Get(3))}
		for i, side := range []*int{&r.width, &r.height} {
			n, err := strconv.Atoi(f.Get(1 + i))
			if err != nil || n < 1 || n > 1<<24 {
				return fmt.Errorf("%s: %s is %q, want a number of pixels", id, Columns[1+i], f.Get(1+i))
			}
			*side = n
		}
		t.rows[id] = r
		t.ids = append(t.ids, id)
		return nil
	})
	return t, err
}

// IDs are the fields, in the table's order.
func (t *Table) IDs() []string { return t.ids }

// Size is that of a field, in pixels.
func (t *Table) Size(id string) (width, height int) { return t.rows[id].width, t.rows[id].height }

// Text is what tells a field's masks from others.
func (t *Table) Text(id string) string {
	r := t.rows[id]
	return fmt.Sprintf("%d %d %s", r.width, r.height, r.text)
}

// Mask reads the masks of a field, which has at most so many cells.
func (t *Table) Mask(id string, most int) (*Mask, error) {
	r, known := t.rows[id]
	if !known {
		return nil, &MissingError{fmt.Sprintf("no mask of it: %s has no row of it", t.path)}
	}
	m, err := r.mask(most)
	if err != nil {
		return nil, fmt.Errorf("%s:%d: %w", t.path, r.line, err)
	}
	return m, nil
}

func (r tableRow) mask(most int) (*Mask, error) {
	m := &Mask{Width: r.width, Height: r.height}
	known := map[string]bool{}
	runs, number := 0, 0
	for word := range strings.FieldsSeq(r.text) {
		if number++; number%3 != 0 {
			if _, err := strconv.ParseFloat(word, 64); err != nil {
				return nil, fmt.Errorf("word %d is %.20q; a prediction is LABEL CONFIDENCE MASK, again and again", number, word)
			}
			continue
		}
		if known[word] {
			continue
		}
		if known[word] = true; len(known) > most {
			return nil, fmt.Errorf("it has more than %d cells; max_cells = %d allows them", most, 4*most)
		}
		mask, err := ParseRLE(word, r.width, r.height)
		if err != nil {
			return nil, fmt.Errorf("cell %d: %w", len(known), err)
		}
		if runs += len(mask); runs > mostRuns {
			return nil, fmt.Errorf("its masks have more than %d run lengths", mostRuns)
		}
		if c, found := mask.cell(uint32(len(known)), r.height); found {
			m.Cells = append(m.Cells, c)
		}
	}
	if number%3 != 0 {
		return nil, fmt.Errorf("it has %d words; a prediction is LABEL CONFIDENCE MASK, again and again", number)
	}
	return m, nil
}

// Claim is that a cell of a field has a label, so surely.
type Claim struct {
	Label      int
	Confidence float64
	Mask       string // RLE.String
}

// Field is what is claimed of a field's cells.
type Field struct {
	ID            string
	Width, Height int
	Claims        []Claim
}

// WriteTable writes a submission, atomically. A field of which nothing is claimed
// has an empty prediction.
func WriteTable(path string, fields []Field) error {
	return atomicfile.Write(path, func(w io.Writer) error {
		out := csv.NewWriter(w)
		out.Write(Columns)
		for _, f := range fields {
			words := make([]string, 0, 3*len(f.Claims))
			for _, c := range f.Claims {
				words = append(words, strconv.Itoa(c.Label), strconv.FormatFloat(c.Confidence, 'f', 6, 64), c.Mask)
			}
			out.Write([]string{f.ID, strconv.Itoa(f.Width), strconv.Itoa(f.Height), strings.Join(words, " ")})
		}
		out.Flush()
		return out.Error()
	})
}
