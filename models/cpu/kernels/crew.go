package kernels

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// linger is how long a goroutine that has nothing to do looks for more before it
// gives its core up. To be woken again takes some 50 us, and hundreds where the
// machine is a virtual one: longer than many a layer. While it looks it lets every
// other goroutine go first.
const linger = 100 * time.Microsecond

// job is pieces of work that threads share out as they come to them.
type job struct {
	do    func(s *scratch, i int)
	n     int
	next  atomic.Int64
	fault atomic.Pointer[Panic] // the first

	left atomic.Int32 // helpers that have not finished
	rest sync.WaitGroup
}

// run does pieces until there are none.
func (j *job) run(s *scratch) {
	defer func() {
		if v := recover(); v != nil {
			j.fault.CompareAndSwap(nil, Caught(v))
			j.next.Store(int64(j.n))
		}
	}()
	for {
		i := int(j.next.Add(1)) - 1
		if i >= j.n {
			return
		}
		j.do(s, i)
	}
}

// finished says that a helper has no more to do with the job.
func (j *job) finished() {
	j.left.Add(-1)
	j.rest.Done()
}

// wait returns when all helpers have finished.
func (j *job) wait() {
	if !lingerFor(func() bool { return j.left.Load() == 0 }) {
		j.rest.Wait()
	}
}

// helper is a thread beside the one that calls. Its goroutine is there while there
// are jobs, and a little longer.
type helper struct {
	job   atomic.Pointer[job] // that it is to take next, or nil
	there atomic.Bool
}

// take gives it a job.
func (h *helper) take(j *job, s *scratch) {
	h.job.Store(j)
	if h.there.CompareAndSwap(false, true) {
		go h.work(s)
	}
}

// forget takes a job back that it has not begun.
func (h *helper) forget(j *job) {
	if h.job.CompareAndSwap(j, nil) {
		j.finished()
	}
}

func (h *helper) work(s *scratch) {
	given := func() bool { return h.job.Load() != nil }
	for {
		if j := h.job.Swap(nil); j != nil {
			j.run(s)
			j.finished()
		}
		if lingerFor(given) {
			continue
		}
		h.there.Store(false)
		if !given() || !h.there.CompareAndSwap(false, true) { // given one at the last moment
			return
		}
	}
}

// lingerFor says whether something came true within the time.
func lingerFor(is func() bool) bool {
	const looks = 300 // about half a microsecond: yielding takes a lock of all threads
	for begin := time.Now(); ; {
		for range looks {
			if is() {
				return true
			}
		}
		if time.Since(begin) > linger {
			return false
		}
		runtime.Gosched()
	}
}
