package report

import (
	"encoding/json"
	"runtime"
	"runtime/debug"

	"hpaflow/flow"
	"hpaflow/models/checkpoint"
)

// facts are what run.json says of a run.
type facts struct {
	Flow     string            `json:"flow"`
	Seed     uint64            `json:"seed"`
	Model    string            `json:"model,omitempty"`
	Channels int               `json:"channels,omitempty"` // planes of an image
	Planes   []string          `json:"planes,omitempty"`   // their names, in their order, where they are known
	Epochs   int               `json:"epochs"`             // complete ones
	Steps    int64             `json:"steps"`
	Best     *bestEpoch        `json:"best"`         // null before the first epoch is complete
	Score    float64           `json:"score"`        // the best moving average of macro F1 over score_window epochs
	Window   int               `json:"score_window"` // or all there are
	Sequence string            `json:"sequence"`     // digest of all that was trained on, in order
	Versions map[string]string `json:"versions"`     // of Go, of hpaflow and of the modules it is built with
	Machine  map[string]any    `json:"machine"`

	// Instructions are those the weights were computed with, in the order of
	// training: the same seed gives the same bits with the same ones only.
	Instructions []string          `json:"instructions,omitempty"`
	Data         map[string]string `json:"data,omitempty"` // what was trained and validated on
}

type bestEpoch struct {
	Epoch   int     `json:"epoch"`
	MacroF1 float64 `json:"macro_f1"`
}

// factsOf gathers the facts of a run that has come to a position; nil before
// it has begun.
func factsOf(o flow.Options, p *checkpoint.Position) *facts {
	f := &facts{Flow: o.Name, Seed: o.Seed, Window: checkpoint.ScoreWindow, Versions: versions(), Machine: map[string]any{
		"os": runtime.GOOS, "arch": runtime.GOARCH, "cpus": runtime.NumCPU(), "gomaxprocs": runtime.GOMAXPROCS(0),
	}}
	if p == nil {
		return f
	}
	f.Instructions, f.Data = p.Instructions, p.Settings.Data
	f.Model, f.Epochs, f.Steps, f.Sequence = p.Settings.Model, p.Epoch, p.Step, p.Sequence
	f.Channels, f.Planes = p.Settings.Shape[1], p.Planes
	f.Score = checkpoint.RunScore(p.History, checkpoint.ScoreWindow)
	if best := p.Best(); best >= 0 {
		f.Best = &bestEpoch{p.History[best].Epoch, p.History[best].Score()}
	}
	return f
}

// versions are those of Go, of this program as its build recorded them, and of
// its modules.
func versions() map[string]string {
	v := map[string]string{"go": runtime.Version()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if info.Main.Version != "" {
		v[info.Main.Path] = info.Main.Version
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" || s.Key == "vcs.modified" {
			v[s.Key] = s.Value
		}
	}
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		v[m.Path] = m.Version
	}
	return v
}

func (f *facts) json() ([]byte, error) {
	b, err := json.MarshalIndent(f, "", "  ")
	return append(b, '\n'), err
}
