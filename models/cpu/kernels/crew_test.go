package kernels

import (
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// Every piece is done once, by one of the threads, before the call returns: whether
// a helper still looks for work, has just given up, or is gone. None stays behind.
func TestHelpers(t *testing.T) {
	defer goleak.VerifyNone(t)
	r := rand.New(rand.NewPCG(1, 1))
	ws := NewWorkspaceOf(3)
	for round := range 2000 {
		for begin, gap := time.Now(), time.Duration(r.Int64N(int64(3*linger/2))); time.Since(begin) < gap; {
		}
		done := make([]atomic.Int32, r.IntN(8))
		var used [3]atomic.Int32
		ws.each(len(done), func(s *scratch, i int) {
			if used[s.thread].Add(1) != 1 {
				t.Errorf("round %d: scratch %d is used twice", round, s.thread)
			}
			done[i].Add(1)
			used[s.thread].Add(-1)
		})
		for i := range done {
			if n := done[i].Load(); n != 1 {
				t.Fatalf("round %d: piece %d of %d is done %d times", round, i, len(done), n)
			}
		}
	}
}
