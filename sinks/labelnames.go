package sinks

import (
	"fmt"
	"os"
	"strings"

	"hpaflow/data"
	"hpaflow/flow"
	"hpaflow/models"
	"hpaflow/models/metrics"
)

// labelNames are names by label number.
type labelNames []string

// labelFields are the fields of a sink that names labels.
var labelFields = []flow.Field{
	{Name: "labels", Type: flow.InputFile, Default: "", Doc: "names of the labels, one a line; empty: the 28 of the Human Protein Atlas, or numbers if there are not 28"},
	{Name: "classes", Type: flow.Int, Default: len(data.LabelNames), Min: 1, Max: data.MaxClasses, Doc: "labels there are"},
}

// labelNamesOf are the names that a node's labelFields say.
func labelNamesOf(a flow.Args) (labelNames, error) {
	return readLabelNames(a.String("labels"), a.Int("classes"))
}

// readLabelNames reads a name a line. No path stands for the names of the Human
// Protein Atlas, which give way to numbers where there are other labels.
func readLabelNames(path string, classes int) (labelNames, error) {
	if path == "" {
		if classes != len(data.LabelNames) {
			return nil, nil
		}
		return data.LabelNames, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	names := strings.Split(strings.TrimSpace(string(text)), "\n")
	for i := range names {
		if names[i] = strings.TrimSpace(names[i]); names[i] == "" {
			return nil, fmt.Errorf("%s:%d: a label has no name", path, i+1)
		}
	}
	if len(names) != classes {
		return nil, fmt.Errorf("%s names %d labels, but there are %d classes", path, len(names), classes)
	}
	return names, nil
}

// of is a label's name.
func (n labelNames) of(label int) string {
	if label < len(n) {
		return n[label]
	}
	return fmt.Sprintf("label %d", label)
}

// splitScores are the scores of one split in an epoch.
type splitScores struct {
	name string
	metrics.Result
}

// splitsOf are an epoch's scores by split, train first.
func splitsOf(e *models.EpochScores) []splitScores {
	list := []splitScores{{"train", e.Train}}
	if e.Val != nil {
		list = append(list, splitScores{"val", *e.Val})
	}
	return list
}
