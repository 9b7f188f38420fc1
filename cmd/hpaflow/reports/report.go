package reports

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"

	"hpaflow/cmd/hpaflow/live"
)

// Report is what a run did.
type Report struct {
	Run   string // what was asked for
	Flows []Flow // in their order
	Cause error  // of the run's failure
	Board *live.Board
}

// stepsReport is the stable form of a report of several flows.
type stepsReport struct {
	Flow        string            `json:"flow"`
	WallS       float64           `json:"wall_s"`
	CPUS        float64           `json:"cpu_s"`
	Steps       []json.RawMessage `json:"steps"` // each as the report of a flow, with "step" before
	DeadLetters int64             `json:"dead_letters"`
	MemoryPeak  int64             `json:"memory_peak_bytes"`
	History     series            `json:"history"`
	Error       string            `json:"error,omitempty"`
}

// series is the history of a run, a value a span of its time.
type series struct {
	Every   float64   `json:"every_s"`
	At      []float64 `json:"at_s"` // the ends of the spans, since the run began
	Flow    []int     `json:"flow"` // from 1
	Rate    []float64 `json:"records_per_s"`
	Cores   []float64 `json:"cores_busy"`
	Memory  []int64   `json:"memory_bytes"`
	Process []int64   `json:"process_bytes"`
}

func seriesOf(h live.History) series {
	s := series{Every: h.Every, At: []float64{}, Flow: []int{}, Rate: []float64{}, Cores: []float64{}, Memory: []int64{}, Process: []int64{}}
	for _, p := range h.Points {
		s.At, s.Flow, s.Rate, s.Cores = append(s.At, rounded(p.At)), append(s.Flow, p.Flow), append(s.Rate, rounded(p.Rate)), append(s.Cores, rounded(p.Cores))
		s.Memory, s.Process = append(s.Memory, p.Memory), append(s.Process, p.Process)
	}
	return s
}

// json writes the report for programs: that of the flow, or of all steps.
func (r Report) json(w io.Writer) error {
	if len(r.Flows) == 1 && r.Flows[0].Step == "" {
		text, err := r.Flows[0].text()
		if err != nil {
			return err
		}
		history, err := json.Marshal(seriesOf(r.Board.History()))
		if err != nil {
			return err
		}
		_, err = io.WriteString(w, strings.TrimSuffix(text, "\n}\n")+",\n  \"history\": "+string(history)+"\n}\n")
		return err
	}
	s := stepsReport{Flow: r.Run, WallS: r.Board.State().Seconds, Steps: []json.RawMessage{}, History: seriesOf(r.Board.History())}
	for _, f := range r.Flows {
		text, err := f.text()
		if err != nil {
			return err
		}
		name, err := json.Marshal(f.Step)
		if err != nil {
			return err
		}
		s.Steps = append(s.Steps, json.RawMessage(`{"step": `+string(name)+","+strings.TrimPrefix(text, "{")))
		s.CPUS += f.Stats.CPU.Seconds()
		s.DeadLetters += f.Stats.DeadLetters
		s.MemoryPeak = max(s.MemoryPeak, f.Stats.MemoryPeak)
	}
	if r.Cause != nil {
		s.Error = r.Cause.Error()
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(s)
}

// text is the report of a flow.
func (f Flow) text() (string, error) {
	var b bytes.Buffer
	err := f.Stats.WriteReport(&b, f.Cause)
	return b.String(), err
}

// rounded spares digits that say nothing.
func rounded(v float64) float64 { return float64(int64(v*1000+0.5)) / 1000 }

// PageMark is by what a page is known as a report: its root element.
const PageMark = `<html lang="en" data-report="hpaflow">`

// page writes the report for people.
func (r Report) page(w io.Writer) error { return r.Board.WritePage(w, PageMark) }
