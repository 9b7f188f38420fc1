package live

import (
	"hpaflow/flow"
	"hpaflow/flow/draw"
)

// State is what people see of a run, as JSON: at / and by hpaflow watch. Seconds
// are s, shares 0..1; what is of the recent while is of the last ten seconds.
type State struct {
	Run     string  `json:"run"`               // what was asked for
	Phase   string  `json:"phase"`             // waiting, running, or how the run has ended
	Code    int     `json:"code"`              // its exit code, once it has ended
	Cause   string  `json:"cause,omitempty"`   // of a failure
	Seconds float64 `json:"t_s"`               // since the run began
	Flow    string  `json:"flow"`              // that runs, or ran last
	Number  int     `json:"number"`            // of it in the run, from 1; 0: none has begun
	Step    string  `json:"step"`              // a/b; empty: it is no step
	At      string  `json:"at"`                // where it stands, for people
	Resting bool    `json:"resting"`           // it has ended; another may follow
	Final   bool    `json:"finishing"`         // all its stages have ended, and its sinks put their results in place
	Wall    float64 `json:"wall_s"`            // of the flow
	Out     int64   `json:"out"`               // its sources' records that have come out
	Total   int64   `json:"total"`             // of so many; 0: not known
	Rate    float64 `json:"rate"`              // a second, recently
	Left    float64 `json:"left_s"`            // by what came out; 0: not known
	Cores   float64 `json:"cores_busy"`        // recently
	Of      int     `json:"cores"`             // that it may use
	Memory  int64   `json:"memory_bytes"`      // in flight
	Peak    int64   `json:"memory_peak_bytes"` // most in flight
	Limit   int64   `json:"memory_limit_bytes"`
	Process int64   `json:"process_bytes"`
	Letters int64   `json:"dead_letters"` // of the run

	Stages  []StageState     `json:"stages"`
	Graph   draw.Arrangement `json:"graph"` // of the stages, by number
	Now     *Verdict         `json:"bottleneck"`
	Overall *Verdict         `json:"bottleneck_overall"` // since the flow began

	Lost    []Lost      `json:"lost"`
	Notes   []Note      `json:"notes"`
	Curves  []Curve     `json:"curves"`
	Steps   []StepState `json:"steps"`    // of very many, those about the one that runs
	StepsOf [2]int      `json:"steps_of"` // how many are done, of all
	Cluster any         `json:"cluster,omitempty"`
}

// Verdict says what limits a flow, and what would help.
type Verdict struct {
	Stage  string `json:"stage"`
	Advice string `json:"advice"`
}

// StageState is a stage as people see it. Counts are since the flow began, rates
// and shares recent, those of All since it began.
type StageState struct {
	Name     string  `json:"name"`
	Kind     string  `json:"kind"`
	Reads    []int   `json:"reads"` // by number
	State    string  `json:"state"`
	Workers  int     `json:"workers"`
	In       int64   `json:"in"`
	Out      int64   `json:"out"`
	Errors   int64   `json:"errors"`
	Skipped  int64   `json:"skipped"`
	Complete int64   `json:"complete"`
	Rate     float64 `json:"rate"` // records a second that it yields; a sink takes
	Bytes    float64 `json:"bytes_per_s"`
	Queued   int     `json:"queued"` // records on the way to it
	Room     int     `json:"room"`
	Busy     float64 `json:"busy"`
	Starved  float64 `json:"starved"`
	Blocked  float64 `json:"blocked"`
	Outside  float64 `json:"outside"` // of starved
	All      Shares  `json:"all"`
	Device   *Device `json:"device,omitempty"`
	Shows    string  `json:"shows,omitempty"` // what can be seen of what it yields: pictures or values
}

// Shares are of the time of a stage's workers.
type Shares struct {
	Busy    float64 `json:"busy"`
	Starved float64 `json:"starved"`
	Blocked float64 `json:"blocked"`
}

// Device is one that a stage computes on.
type Device struct {
	Name   string  `json:"name"`
	Busy   float64 `json:"busy"`
	Memory int64   `json:"memory_bytes"`
}

// The states of a stage, by what its workers recently spent most time on.
const (
	StageBusy    = "busy"
	StageStarved = "starved" // it waits for input
	StageBlocked = "blocked" // it waits for room in its output
	StageOutside = "outside" // it waits for something outside the flow, such as a store
	StageEnded   = "ended"
	StageIdle    = "idle" // nothing has reached it yet
)

func sharesOf(s flow.StageStats) (busy, starved, blocked, outside float64) {
	all := float64(s.Busy + s.Starved + s.Blocked)
	if all <= 0 {
		return 0, 0, 0, 0
	}
	return float64(s.Busy) / all, float64(s.Starved) / all, float64(s.Blocked) / all, float64(s.Outside) / all
}

// stages are the stages of a flow, but for those that deal with dead letters.
func stages(now, recent flow.Stats) []StageState {
	list, number := []StageState{}, map[string]int{}
	for i, st := range now.Stages {
		if st.Letters {
			continue
		}
		was := recent.Stages[i]
		s := StageState{
			Name: st.Name, Kind: string(st.Kind), Reads: []int{}, Workers: st.Workers, In: st.In, Out: st.Out, Errors: st.Errors,
			Skipped: st.Skipped, Complete: st.Complete, Queued: st.Queued, Room: st.Room,
		}
		for _, from := range st.Reads {
			if n, known := number[from]; known {
				s.Reads = append(s.Reads, n)
			}
		}
		passed := was.Out
		if st.Kind == flow.KindSink {
			passed = was.In
		}
		if seconds := recent.Wall.Seconds(); seconds > 0 {
			s.Rate, s.Bytes = float64(passed)/seconds, float64(was.Bytes)/seconds
		}
		s.Busy, s.Starved, s.Blocked, s.Outside = sharesOf(was)
		s.All.Busy, s.All.Starved, s.All.Blocked, _ = sharesOf(st)
		s.State = stateOf(st, s)
		if d := st.Device; d != nil {
			s.Device = &Device{Name: d.Name, Memory: d.Memory, Busy: was.Device.Utilisation()}
		}
		number[st.Name] = len(list)
		list = append(list, s)
	}
	return list
}

func stateOf(st flow.StageStats, s StageState) string {
	switch {
	case st.Ended:
		return StageEnded
	case st.In == 0 && st.Out == 0 && st.Errors == 0 && s.Busy == 0:
		return StageIdle
	case s.Outside > 0.5 || st.Kind == flow.KindSource && s.Starved > 0.5:
		return StageOutside
	case s.Blocked >= s.Busy && s.Blocked >= s.Starved:
		return StageBlocked
	case s.Starved > s.Busy:
		return StageStarved
	}
	return StageBusy
}

func verdictOf(s flow.Stats) *Verdict {
	if b, ok := s.Bottleneck(); ok {
		return &Verdict{b.Stage, b.Advice}
	}
	return nil
}

// arranged is how the stages stand in a drawing.
func arranged(list []StageState) draw.Arrangement {
	var edges [][2]int
	for to, s := range list {
		for _, from := range s.Reads {
			edges = append(edges, [2]int{from, to})
		}
	}
	return draw.Arrange(len(list), edges)
}
