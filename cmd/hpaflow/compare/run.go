package compare

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"hpaflow/data/place"
	"hpaflow/models/checkpoint"
)

// run is what there is to compare of a training run.
type run struct {
	Dir      string
	Name     string // that tells it from the others
	Model    string
	Epochs   []epoch
	Settings []setting
	Samples  int           // trained on in an epoch; 0: not known
	Epoch    time.Duration // that an epoch takes, validation included: the median; 0: not known
}

// epoch has the scores of validation, or of training where nothing was validated.
type epoch struct {
	Epoch       int
	Train, Loss float64 // losses
	F1, Present float64 // macro, over all labels and over those that occur
}

// setting is a field of the run's flow.
type setting struct{ Field, Block, Value string }

// Best is the epoch with the highest F1, the first of equals.
func (r *run) Best() epoch {
	best := r.Epochs[0]
	for _, e := range r.Epochs {
		if e.F1 > best.F1 {
			best = e
		}
	}
	return best
}

// Lowest is the lowest loss.
func (r *run) Lowest() float64 {
	low := r.Epochs[0].Loss
	for _, e := range r.Epochs {
		low = min(low, e.Loss)
	}
	return low
}

// PerSecond is how many images a second it trained on; 0: not known.
func (r *run) PerSecond() float64 {
	if r.Epoch <= 0 {
		return 0
	}
	return float64(r.Samples) / r.Epoch.Seconds()
}

// Time is what the epochs took, without what was between two parts of a run that was
// stopped; 0: not known.
func (r *run) Time() time.Duration { return r.Epoch * time.Duration(len(r.Epochs)) }

// notRunError is the error of a folder that is no run.
type notRunError struct{ dir, why string }

func (e *notRunError) Error() string {
	return fmt.Sprintf("%s is no training run: %s; give the folder that a training flow wrote, with metrics.csv and checkpoint in it", e.dir, e.why)
}

func notRun(dir, why string) error { return &notRunError{dir, why} }

// read reads a run's folder.
func read(dir string) (*run, error) {
	if place.Remote(dir) {
		return nil, notRun(dir, "it is a URL, and runs are read from this machine")
	}
	switch info, err := os.Stat(dir); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, notRun(dir, "there is no such folder")
	case err != nil:
		return nil, err
	case !info.IsDir():
		return nil, notRun(dir, "it is a file")
	}
	r := &run{Dir: dir}
	last, err := checkpoint.LatestCheckpoint(filepath.Join(dir, "checkpoint"))
	if err == nil && last != "" {
		p, err := checkpoint.LoadPosition(last)
		if err != nil {
			return nil, err
		}
		r.Model = p.Settings.Model
		r.history(p.History)
	}
	if len(r.Epochs) == 0 {
		if err := r.metrics(); err != nil {
			return nil, err
		}
	}
	if r.Model == "" {
		r.Model = modelOf(dir)
	}
	text, err := os.ReadFile(filepath.Join(dir, "run.flow"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	r.Settings = settingsOf(string(text))
	return r, nil
}

// history takes in the scores that a checkpoint knows of.
func (r *run) history(list []checkpoint.EpochScores) {
	var took []time.Duration
	for i, e := range list {
		splits := e.Splits()
		shown := splits[len(splits)-1]
		r.Epochs = append(r.Epochs, epoch{e.Epoch, e.Train.Loss, shown.Loss, shown.MacroF1, shown.MacroF1Present})
		r.Samples = e.Train.Samples
		if i > 0 && !e.Time.IsZero() && e.Time.After(list[i-1].Time) {
			took = append(took, e.Time.Sub(list[i-1].Time))
		}
	}
	if len(took) > 0 {
		slices.Sort(took)
		r.Epoch = took[len(took)/2]
	}
}

// metrics takes in metrics.csv.
func (r *run) metrics() error {
	f, err := os.Open(filepath.Join(r.Dir, "metrics.csv"))
	if errors.Is(err, fs.ErrNotExist) {
		return notRun(r.Dir, "neither metrics.csv nor a whole checkpoint is in it")
	} else if err != nil {
		return err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return fmt.Errorf("%s: %w", f.Name(), err)
	}
	if len(rows) == 0 || !slices.Equal(rows[0][:min(len(rows[0]), 6)], []string{"epoch", "split", "loss", "accuracy", "macro_f1", "macro_f1_present"}) {
		return notRun(r.Dir, "its metrics.csv is not that of a run")
	}
	for i, row := range rows[1:] {
		n, err := strconv.Atoi(row[0])
		v, errs := numbers(row[2:6])
		if err := errors.Join(err, errs); err != nil {
			return fmt.Errorf("%s: row %d: %w", f.Name(), i+2, err)
		}
		if k := len(r.Epochs); k == 0 || r.Epochs[k-1].Epoch != n {
			r.Epochs = append(r.Epochs, epoch{Epoch: n})
		}
		e := &r.Epochs[len(r.Epochs)-1]
		if row[1] == "train" {
			e.Train = v[0]
		}
		e.Loss, e.F1, e.Present = v[0], v[2], v[3] // validation comes after training
	}
	if len(r.Epochs) == 0 {
		return notRun(r.Dir, "no epoch of it is complete")
	}
	return nil
}

func numbers(texts []string) (list []float64, err error) {
	for _, t := range texts {
		v, fault := strconv.ParseFloat(t, 64)
		list, err = append(list, v), errors.Join(err, fault)
	}
	return list, err
}

// modelOf is what run.json calls the network.
func modelOf(dir string) string {
	var facts struct {
		Model string `json:"model"`
	}
	if text, err := os.ReadFile(filepath.Join(dir, "run.json")); err != nil || json.Unmarshal(text, &facts) != nil {
		return ""
	}
	return facts.Model
}

// settingsOf are the fields of a flow with all its values.
func settingsOf(text string) (list []setting) {
	block := ""
	for line := range strings.Lines(text) {
		if header, opens := strings.CutSuffix(strings.TrimSpace(line), " {"); opens {
			block = strings.ReplaceAll(header, `"`, "")
		} else if name, value, found := strings.Cut(line, "="); found && block != "" {
			list = append(list, setting{strings.TrimSpace(name), block, strings.Trim(strings.TrimSpace(value), `"`)})
		}
	}
	return list
}
