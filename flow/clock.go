package flow

import (
	"sync/atomic"
	"time"
)

// state is what a worker is doing.
type state int32

const (
	stateOff     state = iota // not running
	stateBusy                 // working on a record
	stateStarved              // waiting for a record to come in
	stateBlocked              // waiting for room to put a result
	stateWaiting              // waiting for another worker of its stage, which is starved or blocked
	stateOutside              // waiting for something outside the flow
	numStates
)

// clock adds up how long one worker was in each state. Only the worker enters
// states; anyone may read, at any time, and sees the open interval too.
type clock struct {
	now   atomic.Int32
	since atomic.Int64
	spent [numStates]atomic.Int64

	worked, handed atomic.Int64 // of the time busy with runs: on the stage's own work, and on handing over
}

var epoch = time.Now() // the monotonic zero of all clocks

func ticks() int64 { return int64(time.Since(epoch)) }

func (c *clock) enter(s state) {
	t := ticks()
	c.spent[c.now.Load()].Add(t - c.since.Load())
	c.since.Store(t)
	c.now.Store(int32(s))
}

// resolve ends an interval of stateWaiting, books it as what the holder of the
// turn was doing meanwhile, and enters stateBusy.
func (c *clock) resolve(starved, blocked int64) {
	t := ticks()
	idle := t - c.since.Load()
	share := 1.0 // nothing known: an upstream that sends nothing is the usual cause
	if starved+blocked > 0 {
		share = float64(starved) / float64(starved+blocked)
	}
	c.spent[stateStarved].Add(int64(share * float64(idle)))
	c.spent[stateBlocked].Add(idle - int64(share*float64(idle)))
	c.since.Store(t)
	c.now.Store(int32(stateBusy))
}

// busy is the nanoseconds the worker was busy, for itself to ask while it is.
func (c *clock) busy() int64 { return c.spent[stateBusy].Load() + ticks() - c.since.Load() }

// read gives the nanoseconds spent busy, starved, blocked, and waiting for
// something outside up to now. An open wait for the turn counts as holder, the
// state of the turn's holder.
func (c *clock) read(holder state) (busy, starved, blocked, outside int64) {
	var spent [numStates]int64
	for i := range spent {
		spent[i] = c.spent[i].Load()
	}
	now := state(c.now.Load())
	if now == stateWaiting {
		now = holder
	}
	if open := ticks() - c.since.Load(); open > 0 {
		spent[now] += open
	}
	return spent[stateBusy], spent[stateStarved], spent[stateBlocked], spent[stateOutside]
}
