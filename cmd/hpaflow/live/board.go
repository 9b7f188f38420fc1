package live

import (
	"bytes"
	"encoding/json"
	"runtime/metrics"
	"slices"
	"strings"
	"sync"
	"time"

	"hpaflow/flow"
	"hpaflow/flow/streams"
)

// Board is what a run shows to those who look at it from outside: the flow
// that runs now, what the run did since it began, and the last counters of the
// flows before, one for each step. It knows no values: Eyes do.
type Board struct {
	Run     string     // what was asked for
	Eyes    Eyes       // nil: nobody sees what passes
	Losses  bool       // keep all that was lost, for reports
	Cluster func() any // what there is to say of a cluster that the run is on, as JSON; nil: it is on none

	mu     sync.Mutex
	began  time.Time
	ended  []account
	now    *flow.Graph // nil: between two steps
	graphs int64       // there were so far
	sum    flow.Stats  // of the units of the present flow that have ended
	number int         // of the present flow, from 1
	step   string      // its name in the metrics
	at     string      // and for people

	last    sample     // of the present flow
	recent  flow.Stats // what it did in the last while
	rate    float64    // at which records came out in that
	history History
	changed int // points from this on are new to those who follow
	lost    lost
	notes   []Note
	curves  []*Curve
	steps   []StepState
	end     *End
	follows map[chan sent]bool // they get what is new
	looked  looked
}

// account is what a flow has counted, and as which step.
type account struct {
	step  string
	stats flow.Stats
}

// sample is what a flow had done by a time.
type sample struct {
	number int
	at     time.Time
	stats  flow.Stats
}

const (
	sampleEvery = time.Second
	recentWhile = 10 * time.Second
)

// Watch samples the run until stop.
func (b *Board) Watch() (stop func()) {
	b.mu.Lock()
	b.began = time.Now()
	b.mu.Unlock()
	return streams.Follow(b.sample, sampleEvery, recentWhile, b.tick)
}

// Follow shows a graph from now on. One that comes while another is shown is a
// further unit of the same flow.
func (b *Board) Follow(g *flow.Graph, step string, at []string) {
	b.mu.Lock()
	if b.now != nil {
		b.sum = b.sum.Plus(unlisted(b.now.Stats()))
	} else {
		b.number, b.sum, b.recent, b.last = b.number+1, flow.Stats{}, flow.Stats{}, sample{}
		b.rate = 0
	}
	b.now, b.step, b.at = g, step, strings.Join(at, "; ")
	b.graphs++
	if s := b.stepOf(step); s != nil {
		s.State, s.Flow = Running, b.number
	}
	number := b.number
	b.mu.Unlock()
	b.followScores(g, number, step)
}

// Rest keeps what the graph has counted; there may be another.
func (b *Board) Rest() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.now == nil { // others have done the work
		return
	}
	s := b.stats()
	if b.Losses { // copies: what a graph has gathered keeps the graph
		s = flow.Stats{Flow: s.Flow}.Plus(s)
	} else {
		s = unlisted(s)
	}
	b.ended = append(b.ended, account{b.step, s})
	b.point(sample{b.number, time.Now(), s})
	b.now = nil
	if of := b.stepOf(b.step); of != nil {
		out, _ := b.last.out()
		of.Wall, of.Records, of.Letters = s.Wall.Seconds(), out, s.DeadLetters
	}
}

// unlisted are counters without the lists of what was lost, which keep the graph.
func unlisted(s flow.Stats) flow.Stats {
	s.Failed, s.Skipped = nil, nil
	return s
}

// stats are those of the present flow, all its units together.
func (b *Board) stats() flow.Stats {
	if b.sum.Flow == "" {
		return b.now.Stats()
	}
	s := b.now.Stats()
	if !b.Losses {
		s = unlisted(s)
	}
	return b.sum.Plus(s)
}

// accounts are those of all flows so far, the present one last.
func (b *Board) accounts() []account {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := slices.Clone(b.ended)
	if b.now != nil {
		all = append(all, account{b.step, b.stats()})
	}
	return all
}

// sample reads the counters.
func (b *Board) sample() sample {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.now == nil {
		return sample{at: time.Now()}
	}
	return sample{b.number, time.Now(), unlisted(b.stats())}
}

// tick takes in the samples of the last while, and tells those who follow.
func (b *Board) tick(recent []sample) {
	b.mu.Lock()
	now := recent[len(recent)-1]
	if now.number != 0 && now.number == b.number && b.now != nil {
		first := recent[slices.IndexFunc(recent, func(s sample) bool { return s.number == now.number })]
		if first.stats.Wall >= now.stats.Wall {
			first = sample{}
		}
		b.recent, b.rate = now.stats.Since(first.stats), rateOf(first, now)
		b.point(now)
	}
	b.mu.Unlock()
	b.publish()
}

// point adds to the history what was done since the last sample of the flow.
func (b *Board) point(s sample) {
	before := b.last
	if before.number != s.number {
		before = sample{number: s.number}
	}
	span := (s.stats.Wall - before.stats.Wall).Seconds()
	if span <= 0 {
		return
	}
	did := s.stats.Since(before.stats)
	p := Point{
		At: s.at.Sub(b.began).Seconds(), Span: span, Flow: s.number, Memory: s.stats.Memory, Process: processMemory(),
		Rate: rateOf(before, s), Cores: did.CPU.Seconds() / span,
	}
	for _, st := range stages(s.stats, did) {
		p.Queues, p.Busy = append(p.Queues, fullness(st)), append(p.Busy, st.Busy)
	}
	b.last = s
	b.changed = min(b.changed, b.history.add(p))
}

func fullness(s StageState) float64 {
	if s.Room == 0 {
		return 0
	}
	return float64(s.Queued) / float64(s.Room)
}

// out is how many records have come out of the flow, and how many of them an
// earlier run did. Where no source knows how many it has, those it yielded count.
func (s sample) out() (out, complete int64) {
	out, total := s.stats.Done()
	for _, st := range s.stats.Stages {
		complete += st.Complete
		if total == 0 && st.Kind == flow.KindSource && !st.Letters {
			out += st.Out
		}
	}
	if total == 0 {
		out += complete
	}
	return out, complete
}

// rateOf is how many records a second came out between two samples of a flow; the
// first may be empty, for its beginning.
func rateOf(before, now sample) float64 {
	seconds := (now.stats.Wall - before.stats.Wall).Seconds()
	if seconds <= 0 {
		return 0
	}
	out, complete := now.out()
	was, completeBefore := before.out()
	return max(0, float64((out-complete)-(was-completeBefore))/seconds)
}

// processMemory is what the process holds, but for what C code does.
func processMemory() int64 {
	held := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(held)
	if held[0].Value.Kind() != metrics.KindUint64 || held[1].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return int64(held[0].Value.Uint64() - held[1].Value.Uint64())
}

// report is the report of the flow, so far or of the last one, with where it stands
// among steps and whether it has ended, for programs. It is an empty object before
// the first flow has begun.
func (b *Board) report() ([]byte, error) {
	b.mu.Lock()
	at, ended := b.at, b.now == nil
	b.mu.Unlock()
	fields := map[string]any{}
	if all := b.accounts(); len(all) > 0 {
		last := all[len(all)-1]
		var text bytes.Buffer
		if err := last.stats.WriteReport(&text, nil); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(text.Bytes(), &fields); err != nil {
			return nil, err
		}
		fields["step"], fields["at"], fields["ended"] = last.step, at, ended
	}
	if b.Cluster != nil {
		fields["cluster"] = b.Cluster()
	}
	return json.Marshal(fields)
}
