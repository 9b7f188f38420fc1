package flow

import (
	"encoding/json"
	"io"
)

// report is the stable form of Stats that other programs read.
type report struct {
	Flow        string        `json:"flow"`
	WallS       float64       `json:"wall_s"`
	CPUS        float64       `json:"cpu_s"`
	Stages      []stageReport `json:"stages"`
	Bottleneck  *verdict      `json:"bottleneck"` // null for a run too short to tell
	DeadLetters int64         `json:"dead_letters"`
	MemoryPeak  int64         `json:"memory_peak_bytes"`
	MemoryLimit int64         `json:"memory_limit_bytes"`
	Failed      []lossReport  `json:"failed"`
	Skipped     []lossReport  `json:"skipped"`
	Error       string        `json:"error,omitempty"`
}

// lossReport is a record that was not done.
type lossReport struct {
	Key   string `json:"key"`
	Stage string `json:"stage"`
	Cause string `json:"cause"`
	File  string `json:"file,omitempty"`
}

type stageReport struct {
	Name     string  `json:"name"`
	Kind     Kind    `json:"kind"`
	Workers  int     `json:"workers"`
	In       int64   `json:"in"`
	Out      int64   `json:"out"`
	Errors   int64   `json:"errors"`
	Skipped  int64   `json:"skipped"`  // not worked on, on purpose: dropped, or complete
	Complete int64   `json:"complete"` // left out: done by an earlier run
	Bytes    int64   `json:"bytes"`
	BusyS    float64 `json:"busy_s"`
	StarvedS float64 `json:"starved_s"`
	BlockedS float64 `json:"blocked_s"`
}

type verdict struct {
	Stage  string `json:"stage"`
	Advice string `json:"advice"`
}

// WriteReport writes the run as JSON, with its cause when it failed. Seconds
// add up over workers.
func (s Stats) WriteReport(w io.Writer, cause error) error {
	r := report{
		Flow: s.Flow, WallS: s.Wall.Seconds(), CPUS: s.CPU.Seconds(), Stages: []stageReport{}, Failed: []lossReport{}, Skipped: []lossReport{},
		DeadLetters: s.DeadLetters, MemoryPeak: s.MemoryPeak, MemoryLimit: s.MemoryLimit,
	}
	for _, d := range s.Failed {
		r.Failed = append(r.Failed, lossReport{d.Key, d.Stage, d.Cause, d.File})
	}
	for _, d := range s.Skipped {
		r.Skipped = append(r.Skipped, lossReport{Key: d.Key, Stage: d.Stage, Cause: d.Cause})
	}
	for _, st := range s.Stages {
		r.Stages = append(r.Stages, stageReport{
			Name: st.Name, Kind: st.Kind, Workers: st.Workers, In: st.In, Out: st.Out,
			Errors: st.Errors, Skipped: st.Skipped + st.Complete, Complete: st.Complete, Bytes: st.Bytes,
			BusyS: st.Busy.Seconds(), StarvedS: st.Starved.Seconds(), BlockedS: st.Blocked.Seconds(),
		})
	}
	if b, ok := s.Bottleneck(); ok {
		r.Bottleneck = &verdict{b.Stage, b.Advice}
	}
	if cause != nil {
		r.Error = cause.Error()
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}
