package cluster

import (
	"context"
	"time"

	"hpaflow/flow"
	"hpaflow/flow/cluster"
	"hpaflow/flow/machine"
	"hpaflow/flow/units"
)

// computing is the processor time that tells work from waiting.
const computing = 200 * time.Millisecond

// watch is told of each graph that works on the unit at hand.
func (s *slot) watch(g *flow.Graph) func(flow.Stats, error) {
	s.graph.Store(g)
	s.graphs.Add(1)
	s.published.Store(0)
	return func(flow.Stats, error) { s.published.Store(time.Now().UnixNano()) }
}

// moved is a number that changes as records of the unit move. While its results
// are published it changes, too, but not for ever. A step may be at a batch of a
// large network for longer than a lease: it moves while it computes.
func (s *slot) moved(o *opened) func() int64 {
	begun, lease := time.Now(), o.job.Lease
	return func() int64 {
		at := s.published.Load()
		since := time.Since(begun)
		if at != 0 {
			since = time.Since(time.Unix(0, at))
		}
		n := s.graphs.Load()
		if g := s.graph.Load(); g != nil {
			for _, st := range g.Stats().Stages {
				n += st.In + st.Out + st.Errors + st.Skipped
			}
		}
		if at != 0 || s.graph.Load() == nil { // before the first graph, and behind the last
			n += int64(min(since, mostPublish*lease))
		}
		if o.flow == nil {
			n += int64(machine.ProcessTime() / computing)
		}
		return n
	}
}

// begin notes that a unit is at hand.
func (s *slot) begin(o *opened, lease *cluster.Lease, cancel context.CancelCauseFunc) {
	s.graph.Store(nil)
	s.published.Store(0)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cancel = cancel
	s.state.Job, s.state.Unit, s.state.Delivery, s.state.Since = o.id, lease.Unit, lease.Delivery, time.Now()
	if lease.Delivery > 1 {
		s.state.Done.Redelivered++
	}
}

// ended notes what came of it.
func (s *slot) ended(did units.Did, lease *cluster.Lease, err error) {
	s.mu.Lock()
	s.cancel = nil
	s.state.Unit, s.state.Delivery, s.state.Since = -1, 0, time.Time{}
	s.state.Done.Met += did.Met
	switch {
	case err != nil:
		s.state.Done.Failed++
		s.state.Trouble = err.Error()
	case did.Stats.Flow == "":
		s.state.Done.Found++
	default:
		s.state.Done.Units++
		s.state.Done.Records += int64(did.Records)
		s.state.Done.DeadLetters += did.Failed
		s.state.Trouble = ""
	}
	s.mu.Unlock()
	s.client.Tell(s.now())
}

// now is how this slot stands.
func (s *slot) now() cluster.State {
	s.mu.Lock()
	defer s.mu.Unlock()
	state := s.state
	if g := s.graph.Load(); g != nil && state.Unit >= 0 {
		state.Records, state.Of = g.Stats().Done()
	}
	return state
}

// tell tells whoever listens, again and again.
func (s *slot) tell(ended <-chan struct{}) {
	ticks := time.NewTicker(tellEvery)
	defer ticks.Stop()
	for n := 0; ; n++ {
		select {
		case <-ended:
			return
		case <-ticks.C:
		}
		if state := s.now(); state.Unit >= 0 || n%5 == 0 {
			s.client.Tell(state)
		}
	}
}
