package view

import (
	"errors"
	"fmt"
	"math"
	"sync"

	"hpaflow/data"
	"hpaflow/data/corrections"
)

// MaxRows is how many samples an index holds.
const MaxRows = 10_000_000

// ErrFull says that there are more samples than an index holds.
var ErrFull = errors.New("there are more samples than are shown at once; give fewer tables or folders")

// Index is the columns.
type Index struct {
	Classes    int
	LabelNames data.Names

	Categories []*Category   // splits, and where images are from
	Tables     []*Table      // of probabilities, or of what was decided
	Thresholds []*Thresholds // by which probabilities become labels
	Groupings  []*Grouping   // of samples that show one picture
	Map        *Map          // of embeddings; nil: there is none

	ids     ids
	labels  []data.Labels // as they are corrected
	source  []uint8       // places in Sources
	places  []Place
	labeled bitset
	imaged  bitset
	dead    bitset
	hashes  *hashes

	corrected map[int]Corrected
	flagged   bitset
	changed   bitset // rows whose labels were corrected
	noted     bitset
	version   uint64

	order sortedIDs
	cache selections
	mu    sync.RWMutex
}

// View calls f while nothing changes. What f is given of the index it may keep no longer,
// but for numbers and text.
func (x *Index) View(f func()) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	f()
}

// Update calls f, which may add and set what it likes, while nobody looks.
func (x *Index) Update(f func()) {
	x.mu.Lock()
	defer x.mu.Unlock()
	f()
	x.level()
	x.version++
}

// Sources are where samples come from, by the form of their Ids.
var Sources = []string{"official", "external", "other"}

// Place is where the image of a sample is: in which of what was given, and which of
// those there; 0: there is none.
type Place uint64

// PlaceOf makes one, of an input's number and the image's.
func PlaceOf(input, image int) Place { return Place(uint64(input+1)<<32 | uint64(uint32(image))) }

// Split is the reverse.
func (p Place) Split() (input, image int, some bool) {
	return int(p>>32) - 1, int(uint32(p)), p != 0
}

// Corrected is a sample's corrections, and the labels it had before.
type Corrected struct {
	corrections.State
	Before        data.Labels
	BeforeLabeled bool
}

// Rows is how many samples there are.
func (x *Index) Rows() int { return x.ids.len() }

// ID is that of a row.
func (x *Index) ID(row int) string { return x.ids.at(row) }

// Row finds an Id.
func (x *Index) Row(id string) (row int, found bool) { return x.ids.find(id) }

// Add gives the row of an Id, which may be a new one.
func (x *Index) Add(id string) (int, error) {
	if x.Rows() >= MaxRows || len(x.ids.text)+len(id) > maxText {
		if row, found := x.ids.find(id); found {
			return row, nil
		}
		return 0, ErrFull
	}
	row, added := x.ids.add(id)
	if !added {
		return row, nil
	}
	x.labels = append(x.labels, 0)
	x.places = append(x.places, 0)
	source := uint8(2)
	switch data.SourceOf(id) {
	case "official":
		source = 0
	case "external":
		source = 1
	}
	x.source = append(x.source, source)
	return row, nil
}

// SetLabels says what labels a row has, unless that is known. Of a row that has
// corrections they are those before them.
func (x *Index) SetLabels(row int, labels data.Labels) {
	x.labeled = x.labeled.grown(x.Rows())
	if c, touched := x.corrected[row]; touched {
		if !c.BeforeLabeled {
			c.Before, c.BeforeLabeled = labels, true
			x.corrected[row] = c
			x.labels[row] = c.Of(labels)
			x.labeled.set(row)
		}
		return
	}
	if !x.labeled.has(row) {
		x.labeled.set(row)
		x.labels[row] = labels
	}
}

// SetPlace says where a row's image is, unless that is known.
func (x *Index) SetPlace(row int, p Place) {
	if x.places[row] == 0 {
		x.places[row] = p
		x.imaged = x.imaged.grown(x.Rows())
		x.imaged.set(row)
	}
}

// SetDead says that a run has lost a row.
func (x *Index) SetDead(row int) {
	x.dead = x.dead.grown(x.Rows())
	x.dead.set(row)
}

// Place is where a row's image is.
func (x *Index) Place(row int) Place { return x.places[row] }

// level makes all columns of one length.
func (x *Index) level() {
	n := x.Rows()
	x.labeled, x.imaged, x.dead = x.labeled.grown(n), x.imaged.grown(n), x.dead.grown(n)
	x.flagged, x.changed, x.noted = x.flagged.grown(n), x.changed.grown(n), x.noted.grown(n)
	for _, c := range x.Categories {
		c.grow(n)
	}
	for _, t := range x.Tables {
		t.grow(n)
	}
	for _, g := range x.Groupings {
		g.grow(n)
	}
	if x.Map != nil {
		x.Map.grow(n)
	}
	if x.hashes != nil {
		x.hashes.grow(n)
	}
}

// Correct, in an Update, applies the states of samples; one that is the zero State has no corrections
// any more. Ids that are not there are passed by.
func (x *Index) Correct(states map[string]corrections.State) {
	if x.corrected == nil {
		x.corrected = map[int]Corrected{}
	}
	for id, s := range states {
		row, ok := x.Row(id)
		if !ok {
			continue
		}
		c, before := x.corrected[row]
		if !before {
			c.Before, c.BeforeLabeled = x.labels[row], x.labeled.has(row)
		}
		c.State = s
		x.labels[row] = c.Before
		x.labeled.put(row, c.BeforeLabeled)
		if s.Corrects() {
			x.labels[row] = s.Of(c.Before)
			x.labeled.set(row)
		}
		x.flagged.put(row, s.Flagged)
		x.changed.put(row, s.Corrects())
		x.noted.put(row, s.Note != "")
		if s == (corrections.State{}) {
			delete(x.corrected, row)
		} else {
			x.corrected[row] = c
		}
	}
}

// Known is what is known of one sample, but for its image.
type Known struct {
	ID        string
	Row       int
	Labels    data.Labels
	Labeled   bool
	Source    string
	Image     bool
	Dead      bool
	Corrected Corrected
	Touched   bool // there are corrections
}

// Known gives what is known of a row.
func (x *Index) Known(row int) Known {
	c, touched := x.corrected[row]
	return Known{ID: x.ID(row), Row: row, Labels: x.labels[row], Labeled: x.labeled.has(row), Source: Sources[x.source[row]],
		Image: x.imaged.has(row), Dead: x.dead.has(row), Corrected: c, Touched: touched}
}

// Version changes with every Update.
func (x *Index) Version() uint64 { return x.version }

// LabelName is what a label is called.
func (x *Index) LabelName(n int) string {
	if n < len(x.LabelNames) {
		return x.LabelNames[n]
	}
	return fmt.Sprintf("label %d", n)
}

// none is a probability that there is not.
var none = float32(math.NaN())
