package inputs

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"hpaflow/data"
	"hpaflow/data/challenge"
	"hpaflow/data/predict"
	"hpaflow/data/table"
	"hpaflow/data/view"
)

// labelRow is a row of a table of labels.
type labelRow struct {
	id      string
	labels  data.Labels
	labeled bool
	split   string
}

func (l *Loader) readLabels(ctx context.Context, in *Input) (string, error) {
	column := view.NewCategory(in.Name)
	l.Index.Update(func() { l.Index.Categories = append(l.Index.Categories, column) })
	rows, splits := 0, false
	columns := table.Columns{Need: []string{"Id"}, May: []string{"Target", "Split"}, Or: map[string]string{"Target": "Label"}}
	err := table.ScanParts(0, in.Path, columns, func(part *[]labelRow, f table.Fields) error {
		row := labelRow{id: strings.Clone(f.Get(0)), split: "in"}
		if err := data.CheckID(row.id); err != nil {
			return err
		}
		if f.Has(1) {
			var err error
			if row.labels, err = data.ParseLabels(f.Get(1), l.Index.Classes); err != nil {
				return fmt.Errorf("%s: %w", row.id, err)
			}
			row.labeled = true
		}
		if f.Has(2) {
			row.split = strings.Clone(f.Get(2))
		}
		*part = append(*part, row)
		return nil
	}, func(part *[]labelRow, fault func(line int, err error)) {
		if ctx.Err() != nil {
			fault(0, ctx.Err())
			return
		}
		l.Index.Update(func() {
			for _, r := range *part {
				row, err := l.Index.Add(r.id)
				if err == nil {
					err = column.Set(row, r.split)
				}
				if err != nil {
					fault(0, err)
					return
				}
				if r.labeled {
					l.Index.SetLabels(row, r.labels)
				}
				splits = splits || r.split != "in"
				rows++
			}
		})
	})
	note := fmt.Sprintf("%d rows", rows)
	if splits {
		note += ", with splits"
	}
	return note, err
}

func (l *Loader) readDecisions(in *Input) (string, error) {
	rows, err := challenge.Read(in.Path, l.Index.Classes, 0)
	if err != nil {
		return "", err
	}
	t := view.NewTable(in.Name, 0)
	l.Index.Update(func() {
		for _, r := range rows {
			var row int
			if row, err = l.Index.Add(r.ID); err != nil {
				return
			}
			t.Decided(row, r.Labels)
		}
		l.Index.Tables = append(l.Index.Tables, t)
	})
	return fmt.Sprintf("%d rows", len(rows)), err
}

func (l *Loader) readProbabilities(ctx context.Context, in *Input) (string, error) {
	if in.Classes != l.Index.Classes {
		return "", fmt.Errorf("it has probabilities of %d labels, and there are %d", in.Classes, l.Index.Classes)
	}
	t := view.NewTable(in.Name, l.Index.Classes)
	l.Index.Update(func() {
		t.Expect(l.Index.Rows())
		l.Index.Tables = append(l.Index.Tables, t)
	})
	rows := 0
	var waiting []*data.Prediction
	var fault error
	put := func() {
		l.Index.Update(func() {
			for _, p := range waiting {
				row, err := l.Index.Add(p.ID)
				if err != nil {
					fault = err
					return
				}
				if p.Labeled {
					l.Index.SetLabels(row, p.Labels)
				}
				t.Set(row, p.P)
			}
		})
		rows += len(waiting)
		waiting = waiting[:0]
	}
	take := func(p *data.Prediction) {
		if waiting = append(waiting, p); len(waiting) == step {
			put()
		}
	}
	var err error
	if in.shards != nil {
		err = predict.EachPacked(in.shards, in.Classes, func(p *data.Prediction) error {
			take(p)
			return ctx.Err()
		})
	} else {
		err = predict.Each(in.Path, in.Classes, 0, take)
	}
	put()
	if err == nil {
		err = fault
	}
	return fmt.Sprintf("%d rows", rows), err
}

func (l *Loader) readThresholds(in *Input) (string, error) {
	values := make([]float64, l.Index.Classes)
	for n := range values {
		values[n] = 0.5
	}
	rows := 0
	err := table.Scan(in.Path, table.Columns{Need: []string{"label", "threshold"}}, func(f table.Fields) error {
		n, err := strconv.Atoi(f.Get(0))
		if err != nil || n < 0 || n >= len(values) {
			return fmt.Errorf("label %q is not a number in 0..%d", f.Get(0), len(values)-1)
		}
		v, err := strconv.ParseFloat(f.Get(1), 64)
		if err != nil || !(v >= 0 && v <= 1) {
			return fmt.Errorf("threshold %q is not in 0..1", f.Get(1))
		}
		values[n] = v
		rows++
		return nil
	})
	if err != nil {
		return "", err
	}
	l.Index.Update(func() {
		l.Index.Thresholds = append(l.Index.Thresholds, &view.Thresholds{Name: in.Name, Values: values})
	})
	return fmt.Sprintf("of %d labels", rows), nil
}
