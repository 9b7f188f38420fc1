package flow

import (
	"context"
	"runtime/pprof"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Stage names and sizes a stage as it joins a graph.
type Stage struct {
	Name string // unique in the graph; what errors, metrics and profiles call it
	Kind Kind   // set by the function that adds the stage when left empty

	// Workers is how many records a parallel stage works on at once; 0 leaves
	// it to the tuner. Serial stages have one worker whatever it says.
	Workers int

	// Queue is how many records may stand or be under way between this stage
	// and the one before. 0 chooses: enough for the workers of both, and a few
	// hundred while they are small.
	Queue int
}

// Kind says where a stage stands in a graph.
type Kind string

// The three kinds of stage, named as the blocks of a .flow file are.
const (
	KindSource Kind = "source"
	KindOp     Kind = "op"
	KindSink   Kind = "sink"
)

// stage is a stage of a graph without its types.
type stage struct {
	name  string
	kind  Kind
	graph *Graph
	queue int

	inputs  []edgeInfo
	readers []edgeInfo // the edges of all outputs
	joins   bool       // some stage further on has several inputs
	outputs []anyOutlet

	work       func(ctx context.Context, w *worker) error // one worker's life
	sink       committer                                  // for sinks: what is opened before the run and committed after
	completers []completers                               // of a source: the sinks it leads to that know what is complete
	onLetters  bool                                       // reads dead letters, so it must not write any
	parallel   bool                                       // may have more than one worker
	auto       bool                                       // the tuner sets the number of workers
	limit      int                                        // the most workers there may be
	device     func() (Device, bool)                      // that it computes on; may be nil
	looks      looks

	mu      sync.Mutex
	workers []*worker     // by number; a worker that has left keeps its clock
	target  int           // workers numbered below this run
	alive   int           // running workers
	ended   bool          // no worker will be started any more
	done    chan struct{} // closed when the last worker of an ended stage has left
	began   time.Time
	took    time.Duration // from the first worker's start to the last one's end

	gate                     atomic.Int32            // the state of the worker that holds the turn
	gateSpent                [numStates]atomic.Int64 // how long holders of the turn waited, and for what
	in, out, errors          atomic.Int64            // records
	skipped, complete, bytes atomic.Int64
	total                    atomic.Int64 // records a source will yield, when known
}

// worker is one goroutine of a stage.
type worker struct {
	stage   *stage
	number  int
	clock   clock
	running bool
	share   int // how many records it takes at once, by what they cost

	reads bool // it has read a record; what follows is the last one's
	seq   int64
	epoch int
}

// wanted says whether the worker should go on with another record.
func (w *worker) wanted() bool {
	w.stage.mu.Lock()
	defer w.stage.mu.Unlock()
	return w.number < w.stage.target
}

// resize sets the number of workers; missing ones start at once, surplus ones
// leave after what they have taken.
func (st *stage) resize(ctx context.Context, n int) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.ended {
		return
	}
	st.target = n
	for i := range n {
		if i == len(st.workers) {
			st.workers = append(st.workers, &worker{stage: st, number: i, share: 1})
		}
		if w := st.workers[i]; !w.running {
			w.running = true
			st.alive++
			go st.run(ctx, w)
		}
	}
}

// passedOn says that all is done with that the stage yielded, on every way on.
func (st *stage) passedOn() bool {
	return !slices.ContainsFunc(st.readers, func(e edgeInfo) bool { return !e.passed() })
}

// findJoins sets joins of stages that stand in the order they were added.
func findJoins(stages []*stage) {
	for _, st := range slices.Backward(stages) {
		st.joins = slices.ContainsFunc(st.readers, func(e edgeInfo) bool { return len(e.sink().inputs) > 1 || e.sink().joins })
	}
}

// run is the life of one worker. Its profile label lets
// `go tool pprof -tagfocus=stage=decode` pick out what a stage costs, and is
// inherited by goroutines that the stage's own code starts.
func (st *stage) run(ctx context.Context, w *worker) {
	pprof.SetGoroutineLabels(pprof.WithLabels(ctx, pprof.Labels("stage", st.name)))
	for again := true; again; {
		w.clock.enter(stateBusy)
		err := st.work(ctx, w)
		w.clock.enter(stateOff)
		if err != nil {
			st.end(err)
		}
		again = !st.left(w)
	}
}

// left says that a worker has stopped, unless it is wanted again by now.
func (st *stage) left(w *worker) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	if !st.ended && w.number < st.target {
		return false
	}
	w.running = false
	st.alive--
	if st.ended && st.alive == 0 {
		close(st.done)
	}
	return true
}

// end says that there is nothing more to do for the stage, and why.
func (st *stage) end(err error) {
	st.mu.Lock()
	st.ended = true
	st.took = time.Since(st.began)
	st.mu.Unlock()
	switch err {
	case errEnded:
	case errUnread:
		for _, in := range st.inputs {
			in.abandon()
		}
	default:
		st.graph.fail(err)
	}
}

// until calls try until it succeeds, and waits for c in between. The worker
// holds the turn, so that its waits are those of the workers in line, too.
func (w *worker) until(ctx context.Context, s state, c <-chan struct{}, try func() bool) error {
	if try() {
		return nil
	}
	start := ticks()
	w.clock.enter(s)
	w.stage.gate.Store(int32(s))
	defer func() {
		w.stage.gateSpent[s].Add(ticks() - start)
		w.clock.enter(stateBusy)
	}()
	for {
		select {
		case <-c:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if try() {
			return nil
		}
	}
}
