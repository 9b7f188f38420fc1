package flow

import (
	"context"
	"math"
	"time"
)

// The tuner gives each stage as many workers as it takes to keep the machine
// busy, and no more. It needs no trials: in a steady state a stage's busy time
// per second, its load, is in proportion to what a record costs there. With
// loads d_i and a budget of B busy workers the flow can run faster by
//
//	m = min(B / sum d_i, min over fixed stages of workers_i / d_i)
//
// and a stage then needs m*d_i workers, rounded up. The rounding may start up
// to one worker a stage more than B; they wait, for the loads of all stages
// together stay at B. A stage whose work is cheap beside handing its records
// over has one worker: others would only wait for the same turns.

const (
	tuneEvery    = 100 * time.Millisecond
	tuneDecay    = 0.7 // what the loads seen so far still count after one more period
	tunePatience = 5   // periods that a stage must want fewer workers before it loses one
	tuneRounding = 0.1 // a need that exceeds a whole number by less is rounded down
	tuneWorth    = 3   // work is cheap if it takes less than this many times handing over; a second worker gains nothing there
)

// load is what the tuner knows of one stage.
type load struct {
	busy    float64 // workers busy on average; the stage's share of the work
	workers int
	limit   int  // the most workers it may have
	fixed   bool // the tuner may not change workers
	cheap   bool // work is cheap
}

// allocate gives the number of workers for each stage.
func allocate(loads []load, budget int) []int {
	sum := 0.0
	for _, l := range loads {
		sum += l.busy
	}
	speedup := math.Inf(1)
	if sum > 0 {
		speedup = float64(budget) / sum
	}
	for _, l := range loads {
		if most := l.most(); l.busy > 0 {
			speedup = min(speedup, float64(most)/l.busy)
		}
	}
	workers := make([]int, len(loads))
	for i, l := range loads {
		switch {
		case l.fixed:
			workers[i] = l.workers
		case l.busy == 0:
			workers[i] = 1
		default:
			need := math.Ceil(speedup*l.busy - tuneRounding)
			workers[i] = max(1, min(l.most(), int(need)))
		}
	}
	return workers
}

// most is how many workers the stage can have at all.
func (l load) most() int {
	switch {
	case l.fixed:
		return l.workers
	case l.cheap:
		return 1
	}
	return l.limit
}

// tune moves workers while the graph runs.
func (g *Graph) tune(ctx context.Context, stop <-chan struct{}) {
	ticker := time.NewTicker(tuneEvery)
	defer ticker.Stop()
	loads := make([]load, len(g.stages))
	before := make([]times, len(g.stages))
	surplus := make([]int, len(g.stages))
	last := ticks()
	for {
		select {
		case <-stop:
			return
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		now := ticks()
		for i, st := range g.stages {
			t := st.times()
			seen := float64(t.busy-before[i].busy) / float64(now-last)
			loads[i] = load{
				busy:    tuneDecay*loads[i].busy + (1-tuneDecay)*seen,
				workers: st.size(), limit: st.limit, fixed: !st.auto, cheap: t.cheap(before[i]),
			}
			before[i] = t
		}
		last = now
		for i, n := range allocate(loads, g.opts.Budget) {
			g.move(ctx, g.stages[i], n, &surplus[i])
		}
	}
}

// move resizes a stage: up at once, down by one worker after some patience,
// since a worker that waits costs little and one that is missing costs much.
func (g *Graph) move(ctx context.Context, st *stage, want int, surplus *int) {
	have := st.size()
	switch {
	case want == have || !st.auto:
		*surplus = 0
		return
	case want < have:
		if *surplus++; *surplus < tunePatience {
			return
		}
		want = have - 1
	}
	*surplus = 0
	st.resize(ctx, want)
	if told := g.events.Tuned; told != nil {
		told(st.name, want)
	}
}
