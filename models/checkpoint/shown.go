package checkpoint

import (
	"context"
	"sync"
)

// Shown tells how far a sink of training has come that shows what no checkpoint
// can restore, such as pictures of mistakes. It leaves word of one (flow.Out.Tell),
// and whoever saves an epoch first waits until that is shown: a run that is killed
// in between does the epoch again, and shows it. The zero Shown is ready for use;
// it is safe for concurrent use.
type Shown struct {
	mu      sync.Mutex
	epochs  int           // that are shown
	changed chan struct{} // closed when epochs grows; nil: nobody waits
}

// Epoch says that an epoch, from 0, is shown.
func (s *Shown) Epoch(epoch int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.epochs = max(s.epochs, epoch+1)
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}

// Wait returns once an epoch is shown, or ctx ends.
func (s *Shown) Wait(ctx context.Context, epoch int) {
	for {
		s.mu.Lock()
		if s.epochs > epoch {
			s.mu.Unlock()
			return
		}
		if s.changed == nil {
			s.changed = make(chan struct{})
		}
		changed := s.changed
		s.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}
