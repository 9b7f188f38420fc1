package flow

import (
	"context"
	"slices"
	"time"
)

// Small records cost more to hand over than to work on, so a worker takes and
// puts them in runs: what stands there, up to its share. Nothing waits for a
// run to fill. What is large, or takes long, still goes one by one.
const (
	runLength = 64                           // records, at most
	runBytes  = 32 << 10                     // that these hold together, unless it is one alone
	smallRoom = 4 * runLength                // positions of an edge for which no number is asked
	runTime   = int64(50 * time.Microsecond) // that a worker shall be busy with its share
	lookEvery = 8                            // records between looks at the clock
)

// run is what stands at consecutive positions.
type run[T any] struct {
	first int64 // the position of the first
	slots []slot[T]
}

// tally counts the values of a run, what it holds, and what the last value does.
func tally[T any](run []slot[T]) (values int, bytes, last int64) {
	for i := range run {
		if run[i].isValue() {
			values, last = values+1, run[i].bytes
		}
		bytes += run[i].bytes
	}
	return values, bytes, last
}

// from is the run without its first n.
func (r run[T]) from(n int) run[T] { return run[T]{r.first + int64(n), r.slots[n:]} }

// rooms waits until there is room for the result of a position, and says for how
// many from there on.
type rooms func(ctx context.Context, w *worker, p int64) (int, error)

// noResults is the room of a stage that yields nothing.
func noResults(context.Context, *worker, int64) (int, error) { return runLength, nil }

// serve is the life of a worker that takes runs: it goes on until the end, or
// until the worker is not wanted any more. Some works on the first records of a
// run and says how many are done with; the end, too, comes to it, alone.
func (e *edge[T]) serve(ctx context.Context, w *worker, room rooms, some func(context.Context, *worker, run[T]) (int, error)) error {
	var taken []slot[T]
	for {
		busy, worked := w.clock.busy(), w.clock.worked.Load()
		r, err := e.next(ctx, w, taken[:0], room)
		if err != nil || r.slots == nil {
			return err
		}
		taken = r.slots
		for len(r.slots) > 0 {
			last := r.slots[0].kind == slotEnd
			n, err := some(ctx, w, r)
			e.giveBack(r.slots[:n])
			if err != nil {
				return err
			}
			if last {
				return errEnded
			}
			if r = r.from(n); w.clock.worked.Load()-worked > runTime {
				r = e.spareHalf(r)
			}
		}
		took := w.clock.worked.Load() - worked
		w.clock.handed.Add(w.clock.busy() - busy - took)
		w.adapt(len(taken), took)
	}
}

// next is what a worker is to work on next: a run that it takes in its turn, or
// one that another worker spares; or nothing, if it is not wanted any more.
func (e *edge[T]) next(ctx context.Context, w *worker, into []slot[T], room rooms) (run[T], error) {
	p, spared, err := e.await(ctx, w)
	switch {
	case err != nil || spared.slots != nil:
		return spared, err
	case !w.wanted():
		e.turn <- p
		return run[T]{}, nil
	}
	n, err := room(ctx, w, p)
	if err == nil {
		into, err = e.take(ctx, w, into, min(n, w.share))
	}
	switch {
	case err != nil:
		e.turn <- p
	case into[0].kind == slotEnd:
		close(e.turn)
	default:
		e.turn <- p + int64(len(into))
	}
	return run[T]{p, into}, err
}

// await waits for the turn, which is the position to take next, or for a run
// that another worker spares. After the end it returns errEnded.
func (e *edge[T]) await(ctx context.Context, w *worker) (p int64, spared run[T], err error) {
	open := true
	select {
	case p, open = <-e.turn:
	default:
		starved, blocked := &w.stage.gateSpent[stateStarved], &w.stage.gateSpent[stateBlocked]
		starvedBefore, blockedBefore := starved.Load(), blocked.Load()
		w.clock.enter(stateWaiting)
		select {
		case p, open = <-e.turn:
		case spared = <-e.spare:
		case <-ctx.Done():
			err = context.Cause(ctx)
		}
		w.clock.resolve(starved.Load()-starvedBefore, blocked.Load()-blockedBefore)
	}
	if !open {
		err = errEnded
	}
	return p, spared, err
}

// overdue says, now and then, that what began at start takes long.
func overdue(done int, start int64) bool { return done%lookEvery == 0 && ticks()-start > runTime }

// spareHalf gives half of what a worker still has to do to one that waits for
// its turn, if there is one. It gives the half that is left.
func (e *edge[T]) spareHalf(r run[T]) run[T] {
	half := (len(r.slots) + 1) / 2
	if half == len(r.slots) {
		return r
	}
	spared := r.from(half)
	spared.slots = slices.Clone(spared.slots)
	select {
	case e.spare <- spared:
		r.slots = r.slots[:half]
	default:
	}
	return r
}

// adapt sets the worker's share after a run of n that has taken some time: less
// at once, more by and by, so that what is dear now and then counts.
func (w *worker) adapt(n int, took int64) {
	switch {
	case took > runTime:
		w.share = max(1, int(int64(n)*runTime/took))
	case n == w.share:
		w.share = min(runLength, n+n/4+1)
	}
}
