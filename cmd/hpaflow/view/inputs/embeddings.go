package inputs

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"hpaflow/data"
	"hpaflow/data/embed"
	"hpaflow/data/regular"
	"hpaflow/data/table"
	"hpaflow/data/view"
)

// Bounds of what is kept of embeddings.
const (
	mostPoints   = 50_000     // on the map; of more, so many are drawn
	mostFeatures = 256 << 20  // bytes that neighbours are found by
	mostRows     = 10_000_000 // of a table
)

func (l *Loader) readEmbeddings(ctx context.Context, in *Input) (string, error) {
	if l.Index.Map != nil {
		return "", fmt.Errorf("there is a map already, of %s; give one table of embeddings", l.Index.Map.Name)
	}
	rows := embed.ReadParquet(in.Path)
	if strings.Contains(filepath.Base(in.Path), ".csv") {
		rows = embed.ReadCSV(in.Path)
	} else if err := embed.CheckParquet(in.Path); err != nil {
		return "", err
	}
	drawn := embed.Drawn{Most: mostPoints}
	type kept struct {
		id   string
		unit []float32
	}
	var units []kept
	held, read := 0, 0
	for r, err := range rows {
		if err == nil {
			err = ctx.Err()
		}
		if read++; err == nil && read > mostRows {
			err = fmt.Errorf("more than %d rows", mostRows)
		}
		if err != nil {
			return "", err
		}
		if data.CheckKey(r.ID) != nil {
			continue
		}
		one := *r
		one.Features = slices.Clone(r.Features)
		drawn.Add(&one)
		if held += 4 * len(one.Features); held <= mostFeatures {
			unit := slices.Clone(one.Features)
			embed.Unit(unit)
			units = append(units, kept{one.ID, unit})
		}
	}
	m := drawn.Map()
	var fault error
	l.Index.Update(func() {
		made := &view.Map{Name: in.Name, Shares: m.Shares, Cells: m.Cells}
		for _, p := range m.Points {
			row, err := l.Index.Add(p.ID)
			if err != nil {
				fault = err
				return
			}
			made.Put(row, p.X, p.Y)
		}
		if held <= mostFeatures {
			for _, u := range units {
				if row, ok := l.Index.Row(u.id); ok {
					made.Embed(row, u.unit)
				}
			}
		}
		l.Index.Map = made
	})
	note := fmt.Sprintf("%d rows", m.Cells)
	if m.Cells > len(m.Points) {
		note += fmt.Sprintf("; %d of them, drawn by lot, are on the map", len(m.Points))
	}
	if held > mostFeatures {
		note += "; too many to find neighbours among"
	}
	return note, fault
}

// RunSummary is what a training run has come to.
type RunSummary struct {
	Name    string     `json:"name"`
	Model   string     `json:"model"`
	Epochs  []RunEpoch `json:"epochs"`
	Best    int        `json:"best"` // epoch of the best macro F1
	BestF1  float64    `json:"best_f1"`
	LabelF1 []float64  `json:"label_f1"` // of the best epoch
}

// RunEpoch is the scores of an epoch.
type RunEpoch struct {
	Epoch   int     `json:"epoch"`
	Loss    float64 `json:"loss"`
	MacroF1 float64 `json:"macro_f1"`
}

func (l *Loader) readRun(in *Input) (string, error) {
	s := RunSummary{Name: in.Name, Best: -1}
	var about struct{ Model string }
	if b, err := regular.Read(filepath.Join(in.Path, "run.json"), 16<<20); err == nil {
		if json.Unmarshal(bytes.TrimSpace(b), &about) == nil {
			s.Model = about.Model
		}
	}
	columns := table.Columns{Need: []string{"epoch", "split", "loss", "macro_f1"}}
	for n := range data.MaxClasses {
		columns.May = append(columns.May, fmt.Sprintf("f1_%02d", n))
	}
	err := table.Scan(filepath.Join(in.Path, "metrics.csv"), columns, func(f table.Fields) error {
		if f.Get(1) != "val" {
			return nil
		}
		var e RunEpoch
		if _, err := fmt.Sscan(f.Get(0), &e.Epoch); err != nil {
			return fmt.Errorf("epoch %q is no number", f.Get(0))
		}
		fmt.Sscan(f.Get(2), &e.Loss)    // what is no number is 0
		fmt.Sscan(f.Get(3), &e.MacroF1) // the same
		s.Epochs = append(s.Epochs, e)
		if s.Best < 0 || e.MacroF1 > s.BestF1 {
			s.Best, s.BestF1, s.LabelF1 = e.Epoch, e.MacroF1, nil
			for n := range data.MaxClasses {
				if !f.Has(4 + n) {
					break
				}
				var v float64
				fmt.Sscan(f.Get(4+n), &v)
				s.LabelF1 = append(s.LabelF1, v)
			}
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	l.mu.Lock()
	l.runs = append(l.runs, s)
	l.mu.Unlock()
	if s.Best < 0 {
		return "no epoch was validated", nil
	}
	return fmt.Sprintf("%s, best in epoch %d: macro F1 %.4f", s.Model, s.Best, s.BestF1), nil
}

// AllRuns are the runs that were read.
func (l *Loader) AllRuns() []RunSummary {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.runs)
}
