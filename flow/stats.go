package flow

import (
	"fmt"
	"slices"
	"time"

	"hpaflow/flow/machine"
)

// StageStats is what a stage has done so far. Its times add up over workers.
type StageStats struct {
	Name     string
	Kind     Kind
	Reads    []string // the stages it takes its records from
	Workers  int      // now; at the end, the number it ran with last
	Auto     bool     // the tuner decides Workers
	Parallel bool     // it can have more than one worker
	Cheap    bool     // its work takes little longer than handing records over, so that more workers would not help
	In       int64
	Out      int64
	Errors   int64 // records that failed here
	Skipped  int64 // records dropped here on purpose
	Complete int64 // records a source left out, since every sink had them
	Total    int64 // records a source expects to go through; 0 when unknown
	Bytes    int64 // memory of the values yielded; for a sink, of those it took

	Busy, Starved, Blocked time.Duration
	Outside                time.Duration // of Starved: waiting for something outside the flow, such as a store

	Letters bool // it deals with dead letters, not with the flow's own records

	Device *Device // that the stage computes on, if it is another than the processor

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

// Idle says that the stage has ended and that no record has passed it, nor failed in
// it: whatever it was busy with has not held up the run's work.
func (s StageStats) Idle() bool { return s.Ended && s.In == 0 && s.Out == 0 && s.Errors == 0 }

// Device is how a device that a stage computes on is used, by the device's own
// clock.
type Device struct {
	Name   string // as people call it
	Memory int64  // bytes of it that are taken

	Busy    time.Duration // at work
	Waiting time.Duration // between its first work and its last, with nothing to do
	Copying time.Duration // getting what it works on, beside its work
}

// Utilisation is the share of its time that the device was busy, 0..1.
func (d Device) Utilisation() float64 {
	if all := d.Busy + d.Waiting; all > 0 {
		return float64(d.Busy) / float64(all)
	}
	return 0
}

// String is how a run tells of it.
func (d Device) String() string {
	return fmt.Sprintf("%s %.1f%% busy", d.Name, 100*d.Utilisation())
}

// OnDevice lets Stats tell of the device that a stage computes on. read may be
// called at any time, from anywhere; it reports false while there is none.
func (g *Graph) OnDevice(stage string, read func() (Device, bool)) {
	for _, st := range g.stages {
		if st.name == stage {
			st.device = read
		}
	}
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

	Failed, Skipped *Losses // all of them, once the run has ended
}

// Stats reads the counters. It may be called at any time, from anywhere.
func (g *Graph) Stats() Stats {
	s := Stats{
		Flow: g.opts.Name, Cores: g.opts.Budget,
		DeadLetters: g.dead.Load(), MemoryLimit: g.ledger.limit,
	}
	var ended bool
	if s.Wall, s.CPU, ended = g.elapsed(); ended {
		s.Failed, s.Skipped = &g.failed, &g.skipped
	}
	s.Memory, s.MemoryPeak = g.ledger.read()
	for _, st := range g.stages {
		s.Stages = append(s.Stages, st.stats())
	}
	return s
}

// Done is how many of the sources' records have come out of the flow, and how
// many there will be in all. Records that an earlier run completed count as
// out. What a stage yields of several records, such as a batch, counts for all
// of them; behind a stage that has yielded nothing yet, such as one that sorts,
// nothing is counted. Total is 0 while no source knows how many it has.
func (s Stats) Done() (out, total int64) {
	shares := s.shares()
	for _, source := range s.Stages {
		if source.Kind != KindSource || source.Letters || source.Total == 0 {
			continue
		}
		total += source.Total
		passed := float64(source.Out + source.Skipped + source.Errors)
		out += source.Complete + int64(passed*shares[source.Name])
	}
	return out, total
}

// shares are, by stage, the least share of what it has yielded that has reached
// the ends behind it.
func (s Stats) shares() map[string]float64 {
	yielded, shares := map[string]int64{}, map[string]float64{}
	for _, st := range s.Stages {
		yielded[st.Name], shares[st.Name] = st.Out, 1
	}
	for _, st := range slices.Backward(s.Stages) { // a stage is added after those it reads
		for _, from := range st.Reads {
			if out := yielded[from]; out > 0 {
				taken := min(1, float64(st.In)/float64(out))
				shares[from] = min(shares[from], taken*shares[st.Name])
			}
		}
	}
	return shares
}

func (st *stage) stats() StageStats {
	s := StageStats{
		Name: st.name, Kind: st.kind, Workers: st.size(), Auto: st.auto, Parallel: st.parallel,
		In: st.in.Load(), Out: st.out.Load(), Errors: st.errors.Load(), Skipped: st.skipped.Load(),
		Complete: st.complete.Load(), Total: st.total.Load(), Bytes: st.bytes.Load(), Ended: st.over(), Letters: st.onLetters,
	}
	if st.device != nil {
		if d, ok := st.device(); ok {
			s.Device = &d
		}
	}
	t := st.times()
	s.Busy, s.Starved, s.Blocked = time.Duration(t.busy), time.Duration(t.starved+t.outside), time.Duration(t.blocked)
	s.Outside = time.Duration(t.outside)
	s.Cheap = t.cheap(times{})
	for _, e := range st.inputs {
		s.Reads = append(s.Reads, e.source().name)
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

// times is what the workers of a stage have spent, in nanoseconds. Of the busy
// time of those that take runs, it tells work from handing records over.
type times struct{ busy, starved, blocked, outside, worked, handed int64 }

func (st *stage) times() (t times) {
	st.mu.Lock()
	defer st.mu.Unlock()
	for _, w := range st.workers {
		b, s, l, o := w.clock.read(state(st.gate.Load()))
		t.busy, t.starved, t.blocked, t.outside = t.busy+b, t.starved+s, t.blocked+l, t.outside+o
		t.worked, t.handed = t.worked+w.clock.worked.Load(), t.handed+w.clock.handed.Load()
	}
	return t
}

// cheap says that the work since before took little longer than handing over.
func (t times) cheap(before times) bool {
	return t.worked-before.worked < tuneWorth*(t.handed-before.handed)
}

func (g *Graph) elapsed() (wall, cpu time.Duration, ended bool) {
	g.clockMu.Lock()
	defer g.clockMu.Unlock()
	switch {
	case g.began.IsZero():
		return 0, 0, false
	case g.finished.IsZero():
		return time.Since(g.began), machine.ProcessTime() - g.cpu, false
	}
	return g.finished.Sub(g.began), g.cpu, true
}

// Plus is what two runs of one flow, one after the other, have done together.
func (s Stats) Plus(next Stats) Stats {
	if s.Flow == "" {
		return next
	}
	next.Wall, next.CPU = s.Wall+next.Wall, s.CPU+next.CPU
	next.DeadLetters += s.DeadLetters
	next.MemoryPeak = max(s.MemoryPeak, next.MemoryPeak)
	next.Failed, next.Skipped = s.Failed.plus(next.Failed), s.Skipped.plus(next.Skipped)
	next.Stages = slices.Clone(next.Stages)
	for i := range next.Stages {
		st := &next.Stages[i]
		for _, was := range s.Stages {
			if was.Name != st.Name {
				continue
			}
			st.In, st.Out, st.Errors, st.Skipped = st.In+was.In, st.Out+was.Out, st.Errors+was.Errors, st.Skipped+was.Skipped
			st.Complete, st.Total, st.Bytes = st.Complete+was.Complete, st.Total+was.Total, st.Bytes+was.Bytes
			st.Busy, st.Starved, st.Blocked = st.Busy+was.Busy, st.Starved+was.Starved, st.Blocked+was.Blocked
			st.Outside += was.Outside
		}
	}
	return next
}

// Since is what a run has done since it was sampled before: what is counted and
// timed is of the while between the two, all else as it is now. Of two samples
// that are not of one run it is the second.
func (s Stats) Since(before Stats) Stats {
	if before.Flow != s.Flow || len(before.Stages) != len(s.Stages) || before.Wall > s.Wall {
		return s
	}
	s.Wall, s.CPU, s.DeadLetters = s.Wall-before.Wall, s.CPU-before.CPU, s.DeadLetters-before.DeadLetters
	s.Stages = slices.Clone(s.Stages)
	for i, was := range before.Stages {
		st := &s.Stages[i]
		st.In, st.Out, st.Errors, st.Skipped = st.In-was.In, st.Out-was.Out, st.Errors-was.Errors, st.Skipped-was.Skipped
		st.Complete, st.Bytes = st.Complete-was.Complete, st.Bytes-was.Bytes
		st.Busy, st.Starved, st.Blocked = st.Busy-was.Busy, st.Starved-was.Starved, st.Blocked-was.Blocked
		st.Outside -= was.Outside
		if st.Device != nil && was.Device != nil {
			d := *st.Device
			d.Busy, d.Waiting, d.Copying = d.Busy-was.Device.Busy, d.Waiting-was.Device.Waiting, d.Copying-was.Device.Copying
			st.Device = &d
		}
	}
	return s
}
