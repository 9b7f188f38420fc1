package view

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"hpaflow/cmd/hpaflow/view/tiles"
	"hpaflow/data/view"
)

// brief is a sample as the grid shows it.
type brief struct {
	Row       int    `json:"row"`
	ID        string `json:"id"`
	Labels    []int  `json:"labels"` // null: unknown
	Image     bool   `json:"image"`
	Dead      bool   `json:"dead,omitempty"`
	Flagged   bool   `json:"flagged,omitempty"`
	Corrected bool   `json:"corrected,omitempty"`
	Noted     bool   `json:"noted,omitempty"`
}

func briefOf(k view.Known) brief {
	b := brief{Row: k.Row, ID: strings.Clone(k.ID), Image: k.Image, Dead: k.Dead, Flagged: k.Corrected.Flagged, Corrected: k.Corrected.Corrects(), Noted: k.Corrected.Note != ""}
	if k.Labeled {
		b.Labels = k.Labels.Numbers()
	}
	return b
}

// Bounds of one answer.
const (
	mostBriefs = 500
	mostPixels = 1 << 20
	mostGroup  = 100 // samples of a group that are listed
)

// asked reads the question of a request, and the text that its answer is kept under.
func asked(r *http.Request) (q view.Question, key string, err error) {
	v := r.URL.Query()
	if q, err = view.ParseQuestion(v); err != nil {
		return q, "", fault{err}
	}
	own := url.Values{}
	for name, values := range v {
		switch name {
		case "from", "count", "grouping", "row":
		default:
			own[name] = values
		}
	}
	return q, own.Encode(), nil
}

// number reads a number of a request in 0..most.
func number(r *http.Request, name string, most int) (int, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > most {
		return 0, fault{fmt.Errorf("%s is %.20q, want a number in 0..%d", name, text, most)}
	}
	return n, nil
}

// picked answers about the rows of a question.
func (s *server) picked(r *http.Request, do func(rows []uint32) error) error {
	q, key, err := asked(r)
	if err != nil {
		return err
	}
	s.index.View(func() {
		var rows []uint32
		if rows, err = s.index.Select(r.Context(), key, q); err != nil {
			err = fault{err}
			return
		}
		err = do(rows)
	})
	return err
}

func (s *server) selectRows(r *http.Request) (any, error) {
	from, err := number(r, "from", math.MaxInt32)
	if err != nil {
		return nil, err
	}
	count, err := number(r, "count", mostBriefs)
	if err != nil {
		return nil, err
	}
	var a struct {
		Version uint64  `json:"version"`
		Total   int     `json:"total"`
		From    int     `json:"from"`
		Rows    []brief `json:"rows"`
	}
	err = s.picked(r, func(rows []uint32) error {
		a.Version, a.Total, a.From, a.Rows = s.index.Version(), len(rows), from, []brief{}
		for i := from; i < min(from+count, len(rows)); i++ {
			a.Rows = append(a.Rows, briefOf(s.index.Known(int(rows[i]))))
		}
		return nil
	})
	return a, err
}

func (s *server) counts(r *http.Request) (any, error) {
	var a struct {
		Version uint64      `json:"version"`
		Counts  view.Counts `json:"counts"`
	}
	err := s.picked(r, func(rows []uint32) error {
		a.Version, a.Counts = s.index.Version(), s.index.Count(rows)
		return nil
	})
	return a, err
}

func (s *server) scores(r *http.Request) (any, error) {
	var a []view.Score
	q, _, err := asked(r)
	if err != nil {
		return nil, err
	}
	err = s.picked(r, func(rows []uint32) (err error) {
		if a, err = s.index.Scores(rows, q.Table, q.By); err != nil {
			err = fault{err}
		}
		return err
	})
	return a, err
}

func (s *server) curve(r *http.Request) (any, error) {
	var a []view.Score
	q, _, err := asked(r)
	if err != nil {
		return nil, err
	}
	err = s.picked(r, func(rows []uint32) (err error) {
		if a, err = s.index.Curve(rows, q.Table, q.Label); err != nil {
			err = fault{err}
		}
		return err
	})
	return a, err
}

func (s *server) together(r *http.Request) (any, error) {
	var a [][]int
	err := s.picked(r, func(rows []uint32) error {
		a = s.index.Together(rows)
		return nil
	})
	return a, err
}

// mapPoints are the points of the map that a question picks: row, x, y, and labels in two
// halves, of 32 bits each, little-endian.
func (s *server) mapPoints(w http.ResponseWriter, r *http.Request) {
	var b []byte
	err := s.picked(r, func(rows []uint32) error {
		m := s.index.Map
		if m == nil {
			return fault{errors.New("there is no map: give a table of embeddings")}
		}
		in := make(map[int]bool, min(len(rows), 100_000))
		all := len(rows) == s.index.Rows()
		if !all {
			for _, row := range rows {
				in[int(row)] = true
			}
		}
		for p := range m.Points {
			if all || in[p.Row] {
				labels := uint64(s.index.Known(p.Row).Labels)
				b = binary.LittleEndian.AppendUint32(b, uint32(p.Row))
				b = binary.LittleEndian.AppendUint32(b, math.Float32bits(p.X))
				b = binary.LittleEndian.AppendUint32(b, math.Float32bits(p.Y))
				b = binary.LittleEndian.AppendUint64(b, labels)
			}
		}
		return nil
	})
	if err != nil {
		refuse(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Write(b) // whoever asked may be gone
}

// placeOf is where the image of a request's row is.
func (s *server) placeOf(r *http.Request) (k tiles.Key, err error) {
	row, err := number(r, "row", view.MaxRows)
	if err != nil {
		return k, err
	}
	s.index.View(func() {
		if row >= s.index.Rows() {
			err = fault{fmt.Errorf("there is no row %d", row)}
			return
		}
		input, image, some := s.index.Place(row).Split()
		if !some {
			err = fault{errors.New("no image of it was given")}
			if cause := s.loader.Cause(s.index.ID(row)); cause != "" {
				err = fault{errors.New(cause)}
			}
			return
		}
		k = tiles.Key{Input: input, Image: image}
	})
	return k, err
}
