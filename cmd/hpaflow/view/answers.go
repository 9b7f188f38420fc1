package view

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"hpaflow/cmd/hpaflow/view/inputs"
	"hpaflow/cmd/hpaflow/view/tiles"
	"hpaflow/data/view"
)

// about is what there is to be shown.
func (s *server) about(*http.Request) (any, error) {
	refreshed := s.changes.refresh()
	type category struct {
		Name   string   `json:"name"`
		Values []string `json:"values"`
	}
	type table struct {
		Name          string `json:"name"`
		Probabilities bool   `json:"probabilities"`
	}
	type thresholds struct {
		Name   string    `json:"name"`
		Values []float64 `json:"values"`
	}
	type grouping struct {
		Name   string `json:"name"`
		Groups int    `json:"groups"`
	}
	type input struct {
		Name   string `json:"name"`
		Kind   string `json:"kind"`
		Note   string `json:"note"`
		Failed bool   `json:"failed"`
		Done   bool   `json:"done"`
	}
	type place struct {
		Name   string     `json:"name"`
		Cells  int        `json:"cells"`
		Shares [2]float64 `json:"shares"`
	}
	var a struct {
		Version     uint64              `json:"version"`
		Rows        int                 `json:"rows"`
		Loaded      bool                `json:"loaded"`
		Labels      []string            `json:"labels"`
		Sources     []string            `json:"sources"`
		Categories  []category          `json:"categories"`
		Tables      []table             `json:"tables"`
		Thresholds  []thresholds        `json:"thresholds"`
		Groupings   []grouping          `json:"groupings"`
		Map         *place              `json:"map"`
		Inputs      []input             `json:"inputs"`
		Runs        []inputs.RunSummary `json:"runs"`
		Corrections string              `json:"corrections"`
		Changes     int                 `json:"changes"`
		Fault       string              `json:"fault"`
	}
	a.Loaded, a.Sources = s.loaded.Load(), view.Sources
	for _, in := range s.loader.Told() {
		a.Inputs = append(a.Inputs, input{in.Name, string(in.Kind), in.Note, in.Failed, in.Done})
	}
	a.Runs, a.Corrections, a.Changes = s.loader.AllRuns(), s.changes.path, s.changes.count()
	if refreshed != nil {
		a.Fault = refreshed.Error()
	}
	x := s.index
	x.View(func() {
		a.Version, a.Rows = x.Version(), x.Rows()
		for n := range x.Classes {
			a.Labels = append(a.Labels, x.LabelName(n))
		}
		a.Categories, a.Tables, a.Thresholds, a.Groupings = []category{}, []table{}, []thresholds{}, []grouping{}
		for _, c := range x.Categories {
			a.Categories = append(a.Categories, category{c.Name, slices.Clone(c.Values)})
		}
		for _, t := range x.Tables {
			a.Tables = append(a.Tables, table{t.Name, t.Probabilities()})
		}
		for _, t := range x.Thresholds {
			a.Thresholds = append(a.Thresholds, thresholds{t.Name, t.Values})
		}
		for _, g := range x.Groupings {
			a.Groupings = append(a.Groupings, grouping{g.Name, len(g.Groups)})
		}
		if m := x.Map; m != nil {
			a.Map = &place{m.Name, m.Cells, m.Shares}
		}
	})
	return a, nil
}

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
	b := brief{Row: k.Row, ID: k.ID, Image: k.Image, Dead: k.Dead, Flagged: k.Corrected.Flagged, Corrected: k.Corrected.Corrects(), Noted: k.Corrected.Note != ""}
	b.ID = string([]byte(k.ID))
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

// asked reads the question of a request, and what else it has that is a number.
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

// groupMember is a sample of a group, and how far its hashes are from the first one's.
type groupMember struct {
	brief
	AHash    string `json:"ahash,omitempty"`
	PHash    string `json:"phash,omitempty"`
	ADistant int    `json:"adistance"`
	PDistant int    `json:"pdistance"`
}

func (s *server) groups(r *http.Request) (any, error) {
	at, err := number(r, "grouping", 1000)
	if err != nil {
		return nil, err
	}
	from, err := number(r, "from", math.MaxInt32)
	if err != nil {
		return nil, err
	}
	count, err := number(r, "count", 100)
	if err != nil {
		return nil, err
	}
	type group struct {
		Number  int           `json:"number"`
		Size    int           `json:"size"`
		Members []groupMember `json:"members"`
	}
	var a struct {
		Total  int     `json:"total"`
		Groups []group `json:"groups"`
	}
	x := s.index
	x.View(func() {
		if at >= len(x.Groupings) {
			err = fault{errors.New("there are no such groups")}
			return
		}
		list := x.Groupings[at].Groups
		a.Total, a.Groups = len(list), []group{}
		for i := from; i < min(from+count, len(list)); i++ {
			a.Groups = append(a.Groups, group{i, len(list[i]), s.members(list[i])})
		}
	})
	return a, err
}

func (s *server) members(rows []uint32) []groupMember {
	var list []groupMember
	a0, p0, known := s.index.Hashes(int(rows[0]))
	for _, row := range rows[:min(len(rows), mostGroup)] {
		m := groupMember{brief: briefOf(s.index.Known(int(row))), ADistant: -1, PDistant: -1}
		if a, p, ok := s.index.Hashes(int(row)); ok {
			m.AHash, m.PHash = fmt.Sprintf("%016x", a), fmt.Sprintf("%016x", p)
			if known {
				m.ADistant, m.PDistant = view.Distance(a, a0), view.Distance(p, p0)
			}
		}
		list = append(list, m)
	}
	return list
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
func (s *server) placeOf(r *http.Request) (k tiles.Key, row int, err error) {
	if row, err = number(r, "row", view.MaxRows); err != nil {
		return k, row, err
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
	return k, row, err
}
