package flow

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"hpaflow/flow/machine"
)

// Graph is a flow: stages joined by edges. It is wired, run once, and then
// only reports what it did. Faults of wiring are Run's to report; a zero Out, and
// a stage that comes too late, panic where they stand.
type Graph struct {
	opts   Options
	events Events

	stages []*stage
	ledger *ledger
	faults []error // of wiring
	resume Resume
	left   any                         // by a stage that was cut short
	saved  func(context.Context) error // see OnSaved; nil: nobody asks

	resumers []func(*Resume) error                // of the stages that can go on
	enders   []func()                             // of what has a word to say in the end
	told     map[string][]any                     // by stage: what it has left word of
	origins  map[string]iter.Seq2[string, Origin] // by source
	cuts     map[string]*Cut                      // by source
	refused  map[int64]error                      // records of the source, by number
	several  map[string]Several                   // by op
	held     sync.Map                             // of what is made of one record: the keys that sinks hold, by op and key

	letters    chan DeadLetter // to the stage that yields them, when a sink reads them
	lettersOut Out[DeadLetter]
	dead       atomic.Int64
	failed     Losses
	skipped    Losses
	kept       keptLetters
	cancel     context.CancelCauseFunc
	cause      error

	clockMu  sync.Mutex // guards what follows
	began    time.Time
	finished time.Time
	cpu      time.Duration // processor time of the process: at the start, then that of the run
}

// Events are told what happens during a run. Any of them may be nil; each may
// be called from several goroutines at once, and must not block.
type Events struct {
	Dead    func(DeadLetter)               // a record has failed
	Skipped func(stage, key, cause string) // a stage has dropped a record on purpose
	Tuned   func(stage string, workers int)
	Noted   func(stage, text string) // a stage has something to say, such as an epoch's scores
}

// New makes an empty graph. Its options are checked by Run.
func New(opts Options) *Graph {
	opts.EnsureDefaults()
	return &Graph{opts: opts, ledger: &ledger{limit: opts.Memory}}
}

// Options are the graph's settings, defaults filled in.
func (g *Graph) Options() Options { return g.opts }

// Notify sets who is told what happens. It must be called before Run.
func (g *Graph) Notify(e Events) { g.events = e }

// add makes a stage and leaves its work to the caller. What is wrong with a
// stage is for Run to say, together with all else; where there will be no Run
// to say it, add panics.
func (g *Graph) add(s Stage, kind Kind, parallel bool) *stage {
	if g == nil {
		panic(fmt.Sprintf("flow: stage %q is added to no graph", s.Name))
	}
	if g.hasBegun() {
		panic(fmt.Sprintf("flow: stage %q is added to a graph that runs, or has run", s.Name))
	}
	if s.Kind != "" {
		kind = s.Kind
	}
	for _, other := range g.stages {
		if other.name == s.Name {
			g.faults = append(g.faults, fmt.Errorf("two stages are called %q", s.Name))
		}
	}
	if s.Name == "" {
		g.faults = append(g.faults, fmt.Errorf("a %s has no name", kind))
	}
	if s.Workers < 0 || s.Queue < 0 {
		g.faults = append(g.faults, fmt.Errorf("%s: %d workers and a queue of %d, want 0 or more", s.Name, s.Workers, s.Queue))
		s.Workers, s.Queue = 0, 0
	}
	st := &stage{name: s.Name, kind: kind, graph: g, queue: s.Queue, target: 1, limit: 1, parallel: parallel, done: make(chan struct{})}
	if parallel {
		st.target, st.limit = s.Workers, s.Workers
		if s.Workers == 0 {
			st.target, st.limit = g.opts.Workers, g.opts.Workers
		}
		if st.target == 0 {
			st.auto, st.target, st.limit = true, 1, g.opts.Budget
		}
	}
	g.stages = append(g.stages, st)
	return st
}

// queueDepth is an edge's room when nobody has set it: a record in the hands
// of every worker on both sides, one waiting for each, and two to spare. A
// fixed size, whatever the tuner does, keeps results independent of it.
func (g *Graph) queueDepth(from, to *stage) int { return from.limit + 2*to.limit + 2 }

// Run starts every stage, waits until all have ended, and commits the sinks,
// unless there is a cause not to: then it aborts them and returns the cause.
// A graph runs once.
func (g *Graph) Run(ctx context.Context) error {
	if err := g.validate(); err != nil {
		return err
	}
	findJoins(g.stages)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	g.cancel = cancel
	g.clockMu.Lock()
	g.began, g.cpu = time.Now(), machine.ProcessTime()
	g.clockMu.Unlock()

	var opened []*stage
	unlock, err := g.lock()
	if err == nil {
		opened, err = g.open(ctx)
	}
	if err != nil {
		g.fail(err)
	} else {
		g.work(ctx)
	}
	g.cause = context.Cause(ctx)
	g.close(opened)
	if unlock != nil {
		if err := unlock(); err != nil {
			g.cause = errors.Join(g.cause, err)
		}
	}
	for _, end := range g.enders {
		end()
	}
	g.clockMu.Lock()
	g.finished, g.cpu = time.Now(), machine.ProcessTime()-g.cpu
	g.clockMu.Unlock()
	return g.cause
}

// validate reports every fault of the wiring.
func (g *Graph) validate() error {
	faults := append([]error{g.opts.Validate()}, g.faults...)
	if g.hasBegun() {
		faults = append(faults, errors.New("a graph runs once"))
	}
	if len(g.stages) == 0 {
		faults = append(faults, errors.New("the graph is empty"))
	}
	for _, st := range g.stages {
		for _, o := range st.outputs {
			if o.readers() == 0 {
				faults = append(faults, fmt.Errorf("nobody reads the output of %s %q", st.kind, st.name))
			}
		}
	}
	return errors.Join(faults...)
}

func (g *Graph) hasBegun() bool {
	g.clockMu.Lock()
	defer g.clockMu.Unlock()
	return !g.began.IsZero()
}

// work runs the stages. Those that read dead letters end after all others.
func (g *Graph) work(ctx context.Context) {
	stop := make(chan struct{})
	var watchers sync.WaitGroup
	watchers.Go(func() { g.tune(ctx, stop) })
	watchers.Go(func() { g.watch(ctx, stop) })

	for _, letters := range []bool{true, false} {
		for _, st := range g.stages {
			if st.onLetters == letters {
				st.began = time.Now()
				st.resize(ctx, st.target)
			}
		}
	}
	g.settle()
	close(stop)
	watchers.Wait()
}

// settle waits for the end of all stages, and closes the stream of dead
// letters when nobody is left to write one.
func (g *Graph) settle() {
	for _, letters := range []bool{false, true} {
		for _, st := range g.stages {
			if st.onLetters == letters {
				<-st.done
			}
		}
		if !letters && g.letters != nil {
			close(g.letters)
		}
	}
}

// fail cancels the run; the first cause stands.
func (g *Graph) fail(cause error) { g.cancel(cause) }

// OnEnd has a function called when all stages have ended, well or not, to note what
// only then is known.
func (g *Graph) OnEnd(end func()) { g.enders = append(g.enders, end) }

// Note reports a line of text to whoever watches the run.
func (g *Graph) Note(stage, text string) {
	if told := g.events.Noted; told != nil {
		told(stage, text)
	}
}
