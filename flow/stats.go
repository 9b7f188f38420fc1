package flow

import "time"

// StageStats is what a stage has done so far. Its times add up over workers.
type StageStats struct {
	Name     string
	Kind     Kind
	Workers  int  // now; at the end, the number it ran with last
	Auto     bool // the tuner decides Workers
	Parallel bool // it can have more than one worker
	In       int64
	Out      int64
	Errors   int64 // records that failed here
	Skipped  int64 // records dropped here on purpose
	Complete int64 // records a source left out, since every sink had them
	Total    int64 // records a source expects to go through; 0 when unknown
	Bytes    int64 // memory of the values yielded; for a sink, of those it took

	Busy, Starved, Blocked time.Duration

	Letters bool // it deals with dead letters, not with the flow's own records

	Queued, Room int // records on the way to this stage, and the most there may be
	Ended        bool
}

// Utilisation is the share of its workers' time that a stage was busy, 0..1.
func (s StageStats) Utilisation() float64 {
	all := s.Busy + s.Starved + s.Blocked
	if all <= 0 {
		return 0
	}
	return float64(s.Busy) / float64(all)
}

// Stats is a snapshot of a run.
type Stats struct {
	Flow        string
	Wall        time.Duration
	CPU         time.Duration // processor time of the whole process during the run
	Cores       int           // processors it could use
	Stages      []StageStats  // in the order they were added
	DeadLetters int64
	Memory      int64 // bytes in flight now
	MemoryPeak  int64
	MemoryLimit int64

	Failed  []DeadLetter // all of them, once the run has ended
	Skipped []Skipped    // the same
}

// Stats reads the counters. It may be called at any time, from anywhere.
func (g *Graph) Stats() Stats {
	s := Stats{
		Flow: g.opts.Name, Cores: g.opts.Budget,
		DeadLetters: g.dead.Load(), MemoryLimit: g.ledger.limit,
	}
	if s.Wall, s.CPU = g.elapsed(); g.ended() {
		s.Failed, s.Skipped = g.Losses()
	}
	s.Memory, s.MemoryPeak = g.ledger.read()
	for _, st := range g.stages {
		s.Stages = append(s.Stages, st.stats())
	}
	return s
}

func (st *stage) stats() StageStats {
	s := StageStats{
		Name: st.name, Kind: st.kind, Workers: st.size(), Auto: st.auto, Parallel: st.parallel,
		In: st.in.Load(), Out: st.out.Load(), Errors: st.errors.Load(), Skipped: st.skipped.Load(),
		Complete: st.complete.Load(), Total: st.total.Load(), Bytes: st.bytes.Load(), Ended: st.over(), Letters: st.onLetters,
	}
	busy, starved, blocked := st.times()
	s.Busy, s.Starved, s.Blocked = time.Duration(busy), time.Duration(starved), time.Duration(blocked)
	for _, e := range st.inputs {
		queued, room := e.depth()
		s.Queued, s.Room = s.Queued+queued, s.Room+room
	}
	return s
}

func (st *stage) size() int {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.target
}

func (st *stage) over() bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.ended
}

// times adds up what the stage's workers have spent, in nanoseconds.
func (st *stage) times() (busy, starved, blocked int64) {
	st.mu.Lock()
	defer st.mu.Unlock()
	for _, w := range st.workers {
		b, s, l := w.clock.read(state(st.gate.Load()))
		busy, starved, blocked = busy+b, starved+s, blocked+l
	}
	return busy, starved, blocked
}

func (g *Graph) ended() bool {
	g.clockMu.Lock()
	defer g.clockMu.Unlock()
	return !g.finished.IsZero()
}

func (g *Graph) elapsed() (wall, cpu time.Duration) {
	g.clockMu.Lock()
	defer g.clockMu.Unlock()
	switch {
	case g.began.IsZero():
		return 0, 0
	case g.finished.IsZero():
		return time.Since(g.began), processTime() - g.cpu
	}
	return g.finished.Sub(g.began), g.cpu
}
