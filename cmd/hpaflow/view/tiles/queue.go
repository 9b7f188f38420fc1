package tiles

import (
	"context"
	"fmt"
	"sync"
)

// queue does jobs by a fixed number of workers, the last asked for first. Those who ask
// for one key at once wait for one job; a job that nobody waits for is dropped.
type queue[K comparable, V any] struct {
	do func(key K) (V, error)

	mu    sync.Mutex
	jobs  map[K]*job[K, V]
	stack []*job[K, V] // that nobody works on yet
	free  int          // workers that may be started
}

type job[K comparable, V any] struct {
	key     K
	waiting int
	begun   bool
	done    chan struct{}
	value   V
	err     error
}

func newQueue[K comparable, V any](workers int, do func(K) (V, error)) *queue[K, V] {
	return &queue[K, V]{do: do, jobs: map[K]*job[K, V]{}, free: workers}
}

func (q *queue[K, V]) get(ctx context.Context, key K) (V, error) {
	q.mu.Lock()
	j := q.jobs[key]
	if j == nil {
		j = &job[K, V]{key: key, done: make(chan struct{})}
		q.jobs[key] = j
		q.stack = append(q.stack, j)
		if q.free > 0 {
			q.free--
			go q.work()
		}
	}
	j.waiting++
	q.mu.Unlock()
	select {
	case <-j.done:
		return j.value, j.err
	case <-ctx.Done():
		q.mu.Lock()
		j.waiting--
		if j.waiting == 0 && !j.begun {
			delete(q.jobs, key) // the stack drops it
		}
		q.mu.Unlock()
		var none V
		return none, ctx.Err()
	}
}

func (q *queue[K, V]) work() {
	for {
		q.mu.Lock()
		var j *job[K, V]
		for j == nil && len(q.stack) > 0 {
			last := len(q.stack) - 1
			if q.stack[last].waiting > 0 {
				j = q.stack[last]
			}
			q.stack[last] = nil
			q.stack = q.stack[:last]
		}
		if j == nil {
			q.free++
			q.mu.Unlock()
			return
		}
		j.begun = true
		q.mu.Unlock()
		j.value, j.err = q.safely(j.key)
		q.mu.Lock()
		delete(q.jobs, j.key)
		q.mu.Unlock()
		close(j.done)
	}
}

func (q *queue[K, V]) safely(key K) (value V, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("cannot be decoded: %v", v)
		}
	}()
	return q.do(key)
}
