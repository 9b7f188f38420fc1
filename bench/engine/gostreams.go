package main

import (
	"github.com/reugn/go-streams"
	"github.com/reugn/go-streams/extension"
	stock "github.com/reugn/go-streams/flow"
)

// runGoStreams wires a case of go-streams' stock operators. Their functions
// return no error, so the one planted here leads nowhere.
func runGoStreams(c workload) (r result) {
	in, out := make(chan any), make(chan any)
	go func() {
		defer close(in)
		for n := range c.records {
			switch c.shape {
			case rows:
				in <- row(n)
			case large:
				in <- newBlock(n)
			default:
				in <- n
			}
		}
	}()
	go chain(c, extension.NewChanSource(in)).To(extension.NewChanSink(out))
	for v := range out {
		switch v := v.(type) {
		case int:
			r.see(v)
		case *block:
			r.see(v.n)
		}
	}
	return r
}

func chain(c workload, src streams.Source) streams.Flow {
	switch c.shape {
	case rows:
		return src.Via(lossy(c.parse, c.workers)).Via(stock.NewFilter(wanted, c.workers))
	case fork:
		branches := stock.FanOut(src, 3)
		outlets := make([]streams.Outlet, len(branches))
		for i, b := range branches {
			outlets[i] = b.Via(lossy(c.double, c.workers))
		}
		return stock.ZipWith(func(v []int) int { return v[0] + v[1] + v[2] }, outlets...)
	case slow:
		return src.Via(lossy(c.double, c.workers)).Via(lossy(c.pause, c.workers)).Via(lossy(c.double, c.workers))
	case large:
		return src.Via(lossy(c.touch, c.workers)).Via(lossy(c.touch, c.workers)).Via(lossy(c.touch, c.workers))
	}
	return src.Via(lossy(c.double, c.workers)).Via(lossy(c.double, c.workers)).Via(lossy(c.double, c.workers))
}

func lossy[A, B any](work func(A) (B, error), workers int) streams.Flow {
	return stock.NewMap(func(v A) B {
		w, _ := work(v)
		return w
	}, workers)
}
