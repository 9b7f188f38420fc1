package view

import (
	"net/http"
	"slices"

	"hpaflow/cmd/hpaflow/view/inputs"
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
