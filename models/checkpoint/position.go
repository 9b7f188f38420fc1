package checkpoint

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"hpaflow/data/metrics"
	"hpaflow/models"
)

// Position is how far a run has come, with all that it needs to go on as if
// it had never stopped.
type Position struct {
	Epoch    int                  `json:"epoch"`   // epochs done
	Step     int64                `json:"step"`    // batches trained on
	Records  int64                `json:"records"` // of the training data, done with in the epoch that is not
	Seed     uint64               `json:"seed"`    // of the run
	Schedule models.ScheduleState `json:"schedule"`

	// Settings are those that must be the same for the run to go on.
	Settings Settings `json:"settings"`

	// Scores are gathered of the epoch that is not done; nil at its begin.
	Scores *metrics.Epoch `json:"scores,omitempty"`

	// Sequence is a digest of all that was trained on: every batch's samples,
	// labels and pixels, in order. Two runs with equal ones saw the same.
	Sequence string `json:"sequence"`

	// Instructions are those of the processors that the weights were computed
	// with, in the order of training: each kind rounds in its own way.
	Instructions []string `json:"instructions,omitempty"`

	// Planes are the names of the images' planes, in their order; nil: not known.
	Planes []string `json:"planes,omitempty"`

	// ResumedFrom is the name of the checkpoint that the run was told to go on
	// from, though there were later ones; empty if it never was.
	ResumedFrom string `json:"resumed_from,omitempty"`

	// History are the scores of the epochs done.
	History []EpochScores `json:"history"`
}

// Best is the index in History of the epoch with the best score, the first of
// equals; -1 when there is none.
func (p *Position) Best() int {
	best := -1
	for i := range p.History {
		if best < 0 || p.History[i].Score() > p.History[best].Score() {
			best = i
		}
	}
	return best
}

// ScoreWindow is how many epochs a run's score averages over.
const ScoreWindow = 10

// RunScore is a run's score: the best moving average of its epochs' scores,
// over window epochs or all there are if they are fewer. It is 0 without any.
func RunScore(history []EpochScores, window int) float64 {
	window = min(window, len(history))
	best := 0.0
	for end := window; window > 0 && end <= len(history); end++ {
		sum := 0.0
		for _, e := range history[end-window : end] {
			sum += e.Score()
		}
		best = max(best, sum/float64(window))
	}
	return best
}

// Settings are what a network and its training are made with. Shape is that of
// a full batch, (N,C,H,W); zero before the first.
type Settings struct {
	Model      string                  `json:"model"`
	Classes    int                     `json:"classes"`
	Attention  [2]int                  `json:"attention_sizes"`
	Loss       string                  `json:"loss"`
	Optimizer  models.OptimizerOptions `json:"optimizer"`
	Accumulate int                     `json:"accumulate"`
	Schedule   models.ScheduleOptions  `json:"schedule"`
	Shape      [4]int                  `json:"shape"`

	// These are left out where they are not set, as in earlier versions.
	LabelSmoothing float64 `json:"label_smoothing,omitempty"`
	ClipNorm       float64 `json:"clip_norm,omitempty"`
	EMA            float64 `json:"ema,omitempty"`
	Freeze         int     `json:"freeze,omitempty"`

	// Data says what was trained and validated on, such as "train images": the
	// identities of tables, images, policy and normalisation. Checkpoints of
	// earlier versions have none.
	Data map[string]string `json:"data,omitempty"`
}

// Differences says in what the settings of a checkpoint differ from those of
// the run that is to go on, a line each: "model is resnet34, not resnet18". An
// unknown Shape differs from none, nor do unknown Data. A run may be given more epochs, where its
// schedule does not depend on their number.
func (s Settings) Differences(run Settings) []string {
	if run.Shape == [4]int{} || s.Shape == [4]int{} {
		run.Shape = s.Shape
	}
	if s.Schedule.Kind == run.Schedule.Kind && s.Schedule.Kind != "cosine" {
		run.Schedule.Epochs = s.Schedule.Epochs
	}
	was, is := s.fields(), run.fields()
	list := s.OtherData(run.Data)
	all := maps.Clone(was)
	maps.Copy(all, is)
	said := func(fields map[string]any, name string) string {
		if v, there := fields[name]; there {
			return cmp.Or(fmt.Sprint(v), "unknown")
		}
		return "0" // it is left out where it is not set
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if a, b := said(was, name), said(is, name); a != b {
			list = append(list, fmt.Sprintf("%s is %s, not %s", name, a, b))
		}
	}
	return list
}

// OtherData says in what the data of a checkpoint differ from a run's.
func (s Settings) OtherData(run map[string]string) (list []string) {
	if len(s.Data) == 0 || len(run) == 0 {
		return nil
	}
	all := maps.Clone(s.Data)
	maps.Copy(all, run)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if was, is := cmp.Or(s.Data[name], "none"), cmp.Or(run[name], "none"); was != is {
			list = append(list, fmt.Sprintf("%s: was %s, and is %s", name, was, is))
		}
	}
	return list
}

// fields are the settings by name, those inside of others by both names.
func (s Settings) fields() map[string]any {
	s.Data = nil // OtherData compares them
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // numbers and texts only
	}
	var tree, flat = map[string]any{}, map[string]any{}
	if err := json.Unmarshal(text, &tree); err != nil {
		panic(err)
	}
	for name, v := range tree {
		inner, nested := v.(map[string]any)
		if !nested {
			flat[name] = v
			continue
		}
		for field, v := range inner {
			flat[name+" "+strings.ToLower(field)] = v
		}
	}
	return flat
}
