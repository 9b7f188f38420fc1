package challenge

import (
	"fmt"

	"hpaflow/data"
	"hpaflow/data/metrics"
	"hpaflow/data/table"
)

// Score is how good a submission is.
type Score struct {
	Name string // of the submission
	metrics.Result
}

// ScoreOf compares a submission with the truth. A sample of the truth that is
// not in the submission is an error; others do not count.
func ScoreOf(name string, claims []Row, truth []table.Row, classes int) (*Score, error) {
	claimed := make(map[string]data.Labels, len(claims))
	for _, c := range claims {
		claimed[c.ID] = c.Labels
	}
	e := metrics.NewEpoch(classes)
	for _, r := range truth {
		labels, here := claimed[r.ID]
		if !here {
			return nil, fmt.Errorf("%s is not in the submission", r.ID)
		}
		e.Decide(labels, r.Labels)
	}
	return &Score{Name: name, Result: e.Result()}, nil
}
