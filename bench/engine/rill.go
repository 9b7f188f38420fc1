package main

import (
	"errors"

	"github.com/destel/rill"
)

// runRill wires a case of rill's ordered operators. Rill has no fan-out, so
// that case sends each value to three channels by hand.
func runRill(c workload) (r result) {
	var err error
	switch c.shape {
	case rows:
		parsed := rill.OrderedMap(yield(c, row), c.workers, c.parse)
		even := rill.OrderedFilter(parsed, c.workers, func(n int) (bool, error) { return wanted(n), nil })
		err = rill.ForEach(even, 1, watch(&r))
	case fork:
		err = rill.ForEach(forked(c), 1, watch(&r))
	case slow:
		out := rill.OrderedMap(yield(c, number), c.workers, c.double)
		out = rill.OrderedMap(out, c.workers, c.pause)
		err = rill.ForEach(rill.OrderedMap(out, c.workers, c.double), 1, watch(&r))
	case large:
		out := yield(c, newBlock)
		for range 3 {
			out = rill.OrderedMap(out, c.workers, c.touch)
		}
		err = rill.ForEach(out, 1, func(b *block) error { r.see(b.n); return nil })
	default:
		out := yield(c, number)
		for range 3 {
			out = rill.OrderedMap(out, c.workers, c.double)
		}
		err = rill.ForEach(out, 1, watch(&r))
	}
	r.told = errors.Is(err, errPlanted)
	return r
}

func number(n int) int { return n }

func watch(r *result) func(int) error {
	return func(n int) error { r.see(n); return nil }
}

func yield[T any](c workload, make func(int) T) <-chan rill.Try[T] {
	return rill.Generate(func(send func(T), _ func(error)) {
		for n := range c.records {
			send(make(n))
		}
	})
}

func forked(c workload) <-chan rill.Try[int] {
	var in [3]chan rill.Try[int]
	var out [3]<-chan rill.Try[int]
	for i := range in {
		in[i] = make(chan rill.Try[int])
		out[i] = rill.OrderedMap(in[i], c.workers, c.double)
	}
	go func() {
		for v := range yield(c, number) {
			for _, branch := range in {
				branch <- v
			}
		}
		for _, branch := range in {
			close(branch)
		}
	}()
	joined := make(chan rill.Try[int])
	go func() {
		defer close(joined)
		for a := range out[0] {
			b, d := <-out[1], <-out[2]
			joined <- rill.Try[int]{Value: a.Value + b.Value + d.Value, Error: errors.Join(a.Error, b.Error, d.Error)}
		}
	}()
	return joined
}
