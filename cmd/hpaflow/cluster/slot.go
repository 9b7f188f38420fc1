package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"hpaflow/flow"
	"hpaflow/flow/cluster"
	"hpaflow/flow/units"
)

// slot is a process that works on units, one at a time.
type slot struct {
	Program
	address         cluster.Address
	name            string
	idle            time.Duration
	quiet           bool
	workers, memory string
	out             io.Writer

	client   *cluster.Client
	known    map[string]*opened // jobs
	draining chan struct{}      // closed: no more units are taken

	mu     sync.Mutex
	state  cluster.State
	cancel context.CancelCauseFunc // of the unit at hand

	graph     atomic.Pointer[flow.Graph] // that works on it
	graphs    atomic.Int64
	published atomic.Int64 // when the last graph ended, in ns; 0: one is at work
}

var (
	errStopped   = errors.New("the worker was told to stop")
	errCancelled = errors.New("the job was cancelled")
)

const (
	lookEvery   = 2 * time.Second // for jobs, by one that has nothing to do
	tellEvery   = time.Second
	apartFrom   = 3 // the delivery from which a unit is gone through record by record
	mostPause   = 30 * time.Second
	mostPublish = 10 // leases that publishing may take
)

// run works until it is told to end, or has been idle for long enough.
func (s *slot) run(ctx context.Context) (err error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	s.draining, s.known = make(chan struct{}), map[string]*opened{}
	drain := sync.OnceFunc(func() { close(s.draining) })
	go obey(os.Stdin, drain, func() { drain(); stop(errStopped) })
	caught, restore := signals()
	defer restore()
	go func() {
		for range caught { // of a scheduler that signals to all processes
			drain()
		}
	}()
	host, _ := os.Hostname()
	s.state = cluster.State{Worker: s.name, Host: host, Unit: -1}
	if s.client, err = cluster.Connect(ctx, s.address, s.name, func(text string) { say(s.out, "%s: %s", s.name, text) }); err != nil {
		return err
	}
	defer s.client.Close()
	err = errors.Join(s.client.Answer(s.now), s.client.Cancelled(func(id string) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.state.Job == id && s.cancel != nil {
			s.cancel(errCancelled)
		}
	}))
	if err != nil {
		return err
	}
	ended := make(chan struct{})
	defer close(ended)
	go s.tell(ended)
	err = s.loop(ctx)
	last := s.now()
	last.Gone = true
	s.client.Tell(last)
	s.client.Flush()
	return err
}

// obey reads what the parent says; at the end of that it has died.
func obey(from io.Reader, drain, stop func()) {
	for b := make([]byte, 1); ; {
		if _, err := io.ReadFull(from, b); err != nil {
			os.Exit(exitFailed)
		}
		switch string(b) {
		case drainNow:
			drain()
		case stopNow:
			stop()
		}
	}
}

// rest waits, and says whether to go on.
func (s *slot) rest(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-s.draining:
		return false
	case <-t.C:
		return true
	}
}

func (s *slot) over() bool {
	select {
	case <-s.draining:
		return true
	default:
		return false
	}
}

// loop takes units, in turns of jobs.
func (s *slot) loop(ctx context.Context) error {
	var ids []string
	looked, worked := time.Time{}, time.Now()
	for turn := 0; !s.over(); {
		if time.Since(looked) > lookEvery || len(ids) == 0 {
			list, err := s.client.Jobs(ctx)
			if err == nil {
				ids = s.usable(ctx, list)
			}
			looked = time.Now()
		}
		took := false
		for range ids {
			turn++
			id := ids[turn%len(ids)]
			within := time.Duration(0)
			if len(ids) == 1 {
				within = time.Second
			}
			lease, err := s.client.Take(ctx, id, within)
			if err != nil {
				looked = time.Time{} // it may be gone
				if !errors.Is(err, cluster.ErrForgotten) && !s.rest(200*time.Millisecond) {
					return nil
				}
				continue
			}
			if lease == nil {
				continue
			}
			took = true
			s.work(ctx, s.known[id], lease)
			worked = time.Now()
			break
		}
		switch {
		case took:
		case s.idle > 0 && time.Since(worked) > s.idle:
			return nil
		case len(ids) != 1 && !s.rest(300*time.Millisecond):
			return nil
		case looked.IsZero() && !s.rest(300*time.Millisecond):
			return nil
		}
	}
	return nil
}

// work does a unit that this slot has got.
func (s *slot) work(ctx context.Context, o *opened, lease *cluster.Lease) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	s.begin(o, lease, cancel)
	stop := lease.Keep(s.moved(o))
	did, err := s.do(ctx, o, lease)
	stop()
	s.ended(did, lease, err)
	cause := context.Cause(ctx)
	switch {
	case errors.Is(err, errBlamed):
		s.sayUnit(o, lease, "queued again: a record has killed workers, and becomes a dead letter")
		err = lease.Again(ctx)
	case err == nil:
		if did.Stats.Flow != "" {
			text := fmt.Sprintf("%d records, %d dead letters, %s", did.Records, did.Failed, did.Stats.Wall.Round(time.Millisecond))
			if o.flow == nil {
				text = fmt.Sprintf("%s in %s", did.Stats.Flow, did.Stats.Wall.Round(time.Millisecond))
			}
			if did.Met > 0 {
				text += fmt.Sprintf("; %d files were published already, with the same bytes", did.Met)
			}
			s.sayUnit(o, lease, text)
		}
		if err = lease.Done(context.WithoutCancel(ctx)); err != nil {
			s.sayUnit(o, lease, "is done, which the broker could not be told; it counts all the same")
		}
		return
	case errors.Is(cause, errCancelled):
		s.sayUnit(o, lease, "given up: the job was cancelled")
		lease.Done(context.WithoutCancel(ctx))
		return
	case errors.Is(cause, errStopped):
		s.sayUnit(o, lease, "given back")
		lease.Back(0)
		s.client.Flush()
		return
	}
	if err != nil {
		wait := min(time.Second<<min(lease.Delivery-1, 10), mostPause)
		say(s.out, "%s: unit %d of %s: %s; it goes back for %s", s.name, lease.Unit, o.job.Name, err, wait)
		lease.Back(wait)
		o.again()
		s.rest(wait) // this machine may be the cause, and others come first then
	}
}

var errBlamed = errors.New("a record has killed workers")

// do does a unit, unless it is done.
func (s *slot) do(ctx context.Context, o *opened, lease *cluster.Lease) (did units.Did, err error) {
	if err := o.enter(); err != nil {
		return did, err
	}
	if o.flow == nil {
		return s.step(ctx, o, lease)
	}
	unlock, err := o.flow.Share()
	if err != nil {
		return did, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if err := o.refresh(ctx, lease.Unit); err != nil {
		return did, err
	}
	found, err := o.flow.Blame(lease.Unit)
	if err != nil {
		return did, err
	}
	if found > 0 {
		return did, errBlamed
	}
	defer s.HoldMemory(o.opts.Memory)()
	return o.flow.Do(ctx, lease.Unit, lease.Delivery >= apartFrom, s.watch)
}

func (s *slot) sayUnit(o *opened, lease *cluster.Lease, text string) {
	if !s.quiet {
		say(s.out, "%s: unit %d of %s: %s", s.name, lease.Unit, o.job.Name, text)
	}
}
