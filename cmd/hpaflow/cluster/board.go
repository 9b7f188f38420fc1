package cluster

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"hpaflow/flow/cluster"
)

// Board is what a run on a cluster shows: how many units are done, from the
// storage, and what workers say of themselves.
type Board struct {
	mu      sync.Mutex
	name    string
	job     string
	began   time.Time
	units   int
	was     int // done before
	is      int // done
	counts  cluster.Counts
	dead    []int
	workers map[string]seen
	gone    cluster.Tally // of workers that have ended
	faults  []Fault
	samples []sample // of the units that are done, over the last while
}

// seen is the last that was heard of a worker.
type seen struct {
	cluster.State
	at time.Time
}

type sample struct {
	at   time.Time
	done int
}

// Fault is a unit that failed at a worker.
type Fault struct {
	Worker string    `json:"worker"`
	Cause  string    `json:"cause"`
	At     time.Time `json:"at"`
}

const (
	paceOver   = time.Minute
	lostAfter  = 15 * time.Second // of silence, a worker is none any more
	mostFaults = 20
)

func (b *Board) begin(name, job string, units, done int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.name, b.job, b.began, b.units, b.was, b.is = name, job, time.Now(), units, done, done
	b.workers, b.samples = map[string]seen{}, []sample{{b.began, done}}
}

// heard takes in what a worker says.
func (b *Board) heard(s cluster.State) {
	b.mu.Lock()
	defer b.mu.Unlock()
	was, known := b.workers[s.Worker]
	if s.Job != b.job && !(s.Job == "" && !s.Gone) {
		if s.Job != "" {
			delete(b.workers, s.Worker) // it works on something else
		}
		return
	}
	if s.Trouble != "" && (!known || was.Done.Failed != s.Done.Failed) {
		b.faults = append(b.faults, Fault{s.Worker, s.Trouble, time.Now()})
		b.faults = b.faults[max(0, len(b.faults)-mostFaults):]
	}
	if s.Gone {
		b.gone = b.gone.Plus(s.Done)
		delete(b.workers, s.Worker)
		return
	}
	b.workers[s.Worker] = seen{s, time.Now()}
}

// done takes in what the storage says.
func (b *Board) done(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.is = n
	b.samples = append(b.samples, sample{time.Now(), n})
	for len(b.samples) > 2 && time.Since(b.samples[1].at) > paceOver {
		b.samples = b.samples[1:]
	}
}

func (b *Board) queue(c cluster.Counts, dead []int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.counts, b.dead = c, dead
	for name, w := range b.workers {
		if time.Since(w.at) > lostAfter {
			b.gone = b.gone.Plus(w.Done)
			delete(b.workers, name)
		}
	}
}

// trouble is the last that a worker complained of.
func (b *Board) trouble() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.faults) == 0 {
		return ""
	}
	return b.faults[len(b.faults)-1].Cause
}

// View is what people see, as JSON.
type View struct {
	Flow     string          `json:"flow"`
	Job      string          `json:"job"`
	Units    int             `json:"units"`
	Done     int             `json:"done"`
	Before   int             `json:"done_before"`
	Waiting  int             `json:"waiting"`
	InFlight int             `json:"in_flight"`
	Dead     []int           `json:"exhausted,omitempty"`
	Wall     float64         `json:"wall_s"`
	Pace     float64         `json:"units_per_s"`
	Left     float64         `json:"left_s,omitempty"` // 0: not known
	Tally    cluster.Tally   `json:"workers_did"`
	Workers  []cluster.State `json:"workers"`
	Faults   []Fault         `json:"failures,omitempty"`
}

// View is how things stand.
func (b *Board) View() View {
	b.mu.Lock()
	defer b.mu.Unlock()
	v := View{
		Flow: b.name, Job: b.job, Units: b.units, Done: b.is, Before: b.was, Waiting: b.counts.Waiting, InFlight: b.counts.InFlight,
		Dead: b.dead, Tally: b.gone, Faults: slices.Clone(b.faults), Workers: []cluster.State{},
	}
	if !b.began.IsZero() {
		v.Wall = time.Since(b.began).Seconds()
	}
	for _, name := range slices.Sorted(maps.Keys(b.workers)) {
		v.Workers = append(v.Workers, b.workers[name].State)
		v.Tally = v.Tally.Plus(b.workers[name].Done)
	}
	if n := len(b.samples); n > 1 {
		first, last := b.samples[0], b.samples[n-1]
		if seconds := last.at.Sub(first.at).Seconds(); seconds > 0.5 && last.done > first.done {
			v.Pace = float64(last.done-first.done) / seconds
			v.Left = float64(b.units-b.is) / v.Pace
		}
	}
	return v
}

// line is the same on one line.
func (b *Board) line() string {
	v := b.View()
	parts := []string{fmt.Sprintf("%d/%d units", v.Done, v.Units)}
	if v.Done < v.Units {
		busy := 0
		for _, w := range v.Workers {
			if w.Unit >= 0 {
				busy++
			}
		}
		parts = append(parts, fmt.Sprintf("%d in flight", v.InFlight), fmt.Sprintf("%d of %d workers busy", busy, len(v.Workers)))
	}
	if v.Pace > 0 {
		parts = append(parts, fmt.Sprintf("%.1f units/s", v.Pace))
		if v.Left > 0 {
			parts = append(parts, "about "+(time.Duration(v.Left)*time.Second).String()+" left")
		}
	}
	for _, c := range []struct {
		n    int
		what string
	}{
		{v.Tally.Redelivered, "redelivered"}, {v.Tally.Found, "found done"}, {v.Tally.Met, "files found published"},
		{v.Tally.Failed, "failed"}, {v.Tally.DeadLetters, "dead letters"}, {len(v.Dead), "given up"},
	} {
		if c.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", c.n, c.what))
		}
	}
	return cmp.Or(v.Flow, "cluster") + ": " + strings.Join(parts, ", ")
}
