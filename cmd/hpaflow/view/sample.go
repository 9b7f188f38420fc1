package view

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"

	"hpaflow/data"
	"hpaflow/data/corrections"
	"hpaflow/data/view"
)

// mostNear is how many neighbours of a sample are shown.
const mostNear = 24

// sample is all that is known of one.
func (s *server) sample(r *http.Request) (any, error) {
	row, err := number(r, "row", view.MaxRows)
	if err != nil {
		return nil, err
	}
	if id := r.URL.Query().Get("id"); id != "" {
		found := false
		s.index.View(func() { row, found = s.index.Row(id) })
		if !found {
			return nil, fault{fmt.Errorf("there is no sample %.100q", id)}
		}
	}
	return s.told(row)
}

// near is a neighbour of a sample.
type near struct {
	brief
	Cosine float32 `json:"cosine"`
}

// toldGroup is a group that a sample is in.
type toldGroup struct {
	Grouping string        `json:"grouping"`
	At       int           `json:"at"`
	Number   int           `json:"number"`
	Size     int           `json:"size"`
	Members  []groupMember `json:"members"`
}

// toldTable is what a table says of a sample.
type toldTable struct {
	Table     int       `json:"table"`
	Name      string    `json:"name"`
	P         []float32 `json:"p,omitempty"`
	Decisions [][]int   `json:"decisions"` // by each of the thresholds, one half first
}

func (s *server) told(row int) (any, error) {
	var a struct {
		brief
		Source     string            `json:"source"`
		Before     []int             `json:"before"` // the labels without corrections; null: unknown
		Note       string            `json:"note"`
		LastChange *time.Time        `json:"last,omitempty"`
		Cause      string            `json:"cause"`
		In         map[string]string `json:"in"` // by category
		Tables     []toldTable       `json:"tables"`
		Groups     []toldGroup       `json:"groups"`
		Near       []near            `json:"near"`
		Where      []string          `json:"where"`
		AHash      string            `json:"ahash,omitempty"`
		PHash      string            `json:"phash,omitempty"`
	}
	x := s.index
	var err error
	x.View(func() {
		if row >= x.Rows() {
			err = fault{fmt.Errorf("there is no row %d", row)}
			return
		}
		k := x.Known(row)
		a.brief, a.Source, a.Cause, a.In = briefOf(k), k.Source, s.loader.Cause(k.ID), map[string]string{}
		a.Tables, a.Groups, a.Near, a.Where = []toldTable{}, []toldGroup{}, []near{}, []string{}
		a.Before = a.Labels
		if k.Touched {
			a.Before, a.Note = nil, k.Corrected.Note
			if k.Corrected.BeforeLabeled {
				a.Before = k.Corrected.Before.Numbers()
			}
			if t := k.Corrected.LastChange; !t.IsZero() {
				a.LastChange = &t
			}
		}
		for _, c := range x.Categories {
			if v := c.Of(row); v != "" {
				a.In[c.Name] = v
			}
		}
		for i, t := range x.Tables {
			if !t.Has(row) {
				continue
			}
			one := toldTable{Table: i, Name: t.Name}
			if t.Probabilities() {
				one.P = t.Of(row)
			}
			one.Decisions = append(one.Decisions, t.Decision(row, nil).Numbers())
			for _, by := range x.Thresholds {
				one.Decisions = append(one.Decisions, t.Decision(row, by).Numbers())
			}
			a.Tables = append(a.Tables, one)
		}
		for i, g := range x.Groupings {
			if n, some := g.Of(row); some {
				a.Groups = append(a.Groups, toldGroup{g.Name, i, n, len(g.Groups[n]), s.members(g.Groups[n])})
			}
		}
		if x.Map != nil {
			for _, n := range x.Map.Nearest(row, mostNear) {
				a.Near = append(a.Near, near{briefOf(x.Known(n.Row)), n.Cosine})
			}
		}
		if ah, ph, ok := x.Hashes(row); ok {
			a.AHash, a.PHash = fmt.Sprintf("%016x", ah), fmt.Sprintf("%016x", ph)
		}
		if input, image, some := x.Place(row).Split(); some {
			if in, ok := s.loader.Input(input); ok {
				a.Where = in.Where(image)
			}
		}
	})
	return a, err
}

// mostBody is how much of a correction is read.
const mostBody = 64 << 10

// correct adds a change to the file of corrections, and tells the sample as it is now.
func (s *server) correct(r *http.Request) (any, error) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return nil, fault{errors.New("a correction is JSON")}
	}
	var given struct {
		ID   string     `json:"id"`
		Add  []int      `json:"add"`
		Drop []int      `json:"drop"`
		Flag *bool      `json:"flag"`
		Note *string    `json:"note"`
		Undo *time.Time `json:"undo"`
	}
	body := json.NewDecoder(io.LimitReader(r.Body, mostBody))
	body.DisallowUnknownFields()
	if err := body.Decode(&given); err != nil {
		return nil, fault{err}
	}
	row, found := 0, false
	s.index.View(func() { row, found = s.index.Row(given.ID) })
	if !found {
		return nil, fault{fmt.Errorf("there is no sample %.100q", given.ID)}
	}
	c := corrections.Change{ID: given.ID}
	var err error
	if c.Labels, err = setOf(given.Add, s.index.Classes); err == nil {
		c.Drop, err = setOf(given.Drop, s.index.Classes)
	}
	if err != nil {
		return nil, fault{err}
	}
	if given.Flag != nil {
		c.Flag, c.Unflag = *given.Flag, !*given.Flag
	}
	if given.Note != nil {
		if len(*given.Note) > corrections.MaxNote {
			return nil, fault{fmt.Errorf("a note has %d bytes at most", corrections.MaxNote)}
		}
		c.Note, c.Unnote = *given.Note, *given.Note == ""
	}
	if given.Undo != nil {
		c.Undo = *given.Undo
	}
	if c, err = s.changes.add(c); err != nil {
		return nil, err
	}
	told, err := s.told(row)
	return map[string]any{"time": c.Time, "sample": told}, err
}

func setOf(numbers []int, classes int) (data.Labels, error) {
	var l data.Labels
	for _, n := range numbers {
		if n < 0 || n >= classes {
			return 0, fmt.Errorf("there is no label %d", n)
		}
		l |= data.LabelsOf(n)
	}
	return l, nil
}
