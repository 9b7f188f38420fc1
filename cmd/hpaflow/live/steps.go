package live

import (
	"slices"
	"strings"
)

// StepState is a step of a file of steps.
type StepState struct {
	Name    string  `json:"name"`  // a/b for a step of a step
	State   string  `json:"state"` // waiting, running, done, failed, interrupted
	Flow    int     `json:"flow,omitempty"`
	Wall    float64 `json:"wall_s"`
	Records int64   `json:"records"` // that came out
	Letters int64   `json:"dead_letters"`
	Cause   string  `json:"cause,omitempty"` // of a failure
}

// The states of a step, and of a run.
const (
	Waiting     = "waiting"
	Running     = "running"
	Done        = "done"
	Failed      = "failed"
	Interrupted = "interrupted"
)

// Expect says which steps there will be, in the place of the one they are part of;
// empty: of the run.
func (b *Board) Expect(under string, names []string) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	at := slices.IndexFunc(b.steps, func(s StepState) bool { return s.Name == under })
	var list []StepState
	for _, name := range names {
		list = append(list, StepState{Name: strings.TrimPrefix(under+"/"+name, "/"), State: Waiting})
	}
	if at < 0 {
		b.steps = append(b.steps, list...)
		return
	}
	b.steps = slices.Replace(b.steps, at, at+1, list...)
}

// Ended says how a step has ended.
func (b *Board) Ended(name, state, cause string) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.steps {
		s := &b.steps[i]
		if s.Name == name || strings.HasPrefix(s.Name, name+"/") && (s.State == Running || state == Done) {
			if s.State != Failed {
				s.State, s.Cause = state, short(cause)
			}
		}
	}
}

// step is the one of a name; a flow that is run by itself is none.
func (b *Board) stepOf(name string) *StepState {
	if at := slices.IndexFunc(b.steps, func(s StepState) bool { return s.Name == name }); at >= 0 {
		return &b.steps[at]
	}
	return nil
}

// mostSteps bound what is told of steps.
const mostSteps = 100

// someSteps are the steps about the one that was begun last, and how many are done of
// all.
func (b *Board) someSteps() (list []StepState, of [2]int) {
	begun := 0
	for i, s := range b.steps {
		if s.State != Waiting {
			begun = i
		}
		if s.State == Done {
			of[0]++
		}
	}
	of[1] = len(b.steps)
	from := max(0, min(begun-mostSteps/2, len(b.steps)-mostSteps))
	return append([]StepState{}, b.steps[from:min(len(b.steps), from+mostSteps)]...), of
}
