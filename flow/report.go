package flow

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
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
	Failed      [0]lossReport `json:"failed"` // these two are written one by one
	Skipped     [0]lossReport `json:"skipped"`
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
	OutsideS float64 `json:"outside_s"` // of starved_s: waiting for what is outside the flow, such as a store

	Device *deviceReport `json:"device,omitempty"` // that it computes on, if it is another than the processor
}

type deviceReport struct {
	Name     string  `json:"name"`
	Memory   int64   `json:"memory_bytes"`
	BusyS    float64 `json:"busy_s"`
	WaitingS float64 `json:"waiting_s"`
	CopyingS float64 `json:"copying_s"`  // beside its work
	Share    float64 `json:"busy_share"` // of its time
}

type verdict struct {
	Stage  string `json:"stage"`
	Advice string `json:"advice"`
}

// WriteReport writes the run as JSON, with its cause when it failed. Seconds
// add up over workers.
func (s Stats) WriteReport(w io.Writer, cause error) error {
	r := report{
		Flow: s.Flow, WallS: s.Wall.Seconds(), CPUS: s.CPU.Seconds(), Stages: []stageReport{},
		DeadLetters: s.DeadLetters, MemoryPeak: s.MemoryPeak, MemoryLimit: s.MemoryLimit,
	}
	for _, st := range s.Stages {
		r.Stages = append(r.Stages, stageReport{
			Name: st.Name, Kind: st.Kind, Workers: st.Workers, In: st.In, Out: st.Out,
			Errors: st.Errors, Skipped: st.Skipped + st.Complete, Complete: st.Complete, Bytes: st.Bytes,
			BusyS: st.Busy.Seconds(), StarvedS: st.Starved.Seconds(), BlockedS: st.Blocked.Seconds(), OutsideS: st.Outside.Seconds(), Device: st.Device.report(),
		})
	}
	if b, ok := s.Bottleneck(); ok {
		r.Bottleneck = &verdict{b.Stage, b.Advice}
	}
	if cause != nil {
		r.Error = cause.Error()
	}
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetIndent("", "  ")
	if err := e.Encode(r); err != nil {
		return err
	}
	out, rest := bufio.NewWriter(w), text.Bytes()
	for _, l := range []struct {
		name string
		list *Losses
	}{{"failed", s.Failed}, {"skipped", s.Skipped}} {
		before, after, _ := bytes.Cut(rest, []byte("\n  \""+l.name+"\": []"))
		rest = after
		fmt.Fprintf(out, "%s\n  %q: [", before, l.name)
		if err := l.list.write(out); err != nil {
			return err
		}
		out.WriteString("]")
	}
	out.Write(rest)
	return out.Flush()
}

// report is the device's part of a report; nil is none.
func (d *Device) report() *deviceReport {
	if d == nil {
		return nil
	}
	return &deviceReport{d.Name, d.Memory, d.Busy.Seconds(), d.Waiting.Seconds(), d.Copying.Seconds(), d.Utilisation()}
}

// write writes the elements of a list of the report.
func (l *Losses) write(out *bufio.Writer) error {
	separator, end := "", ""
	for was := range l.All() {
		text, err := json.MarshalIndent(lossReport(was), "    ", "  ")
		if err != nil {
			return err
		}
		out.WriteString(separator + "\n    ")
		out.Write(text)
		separator, end = ",", "\n  "
	}
	_, err := out.WriteString(end)
	return err
}
