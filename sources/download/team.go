package download

import (
	"context"
	"runtime/debug"
	"sync"

	"hpaflow/data"
	"hpaflow/flow"
)

// team is workers that bring samples, each by the number of its row. The one
// goroutine that owns the team gives them rows and takes what they bring.
type team struct {
	ctx     context.Context
	cancel  context.CancelFunc
	rows    chan int
	results chan result
	busy    int // rows given and not yet brought
	workers sync.WaitGroup
}

type result struct {
	row    int
	sample *data.Channels
	err    error // of the sample as a whole, such as a panic
}

func newTeam(ctx context.Context, workers int, get func(ctx context.Context, row int) (*data.Channels, error)) *team {
	t := &team{rows: make(chan int), results: make(chan result)}
	t.ctx, t.cancel = context.WithCancel(ctx)
	for range workers {
		t.workers.Go(func() {
			for row := range t.rows {
				r := caught(t.ctx, row, get)
				select {
				case t.results <- r:
				case <-t.ctx.Done():
					return
				}
			}
		})
	}
	return t
}

// caught gets a row's sample. What get panics with is the row's fault; nobody
// else could recover it here.
func caught(ctx context.Context, row int, get func(ctx context.Context, row int) (*data.Channels, error)) (r result) {
	defer func() {
		if v := recover(); v != nil {
			r = result{row: row, err: &flow.PanicError{Value: v, Stack: debug.Stack()}}
		}
	}()
	sample, err := get(ctx, row)
	return result{row: row, sample: sample, err: err}
}

// turn gives a row to a free worker, if there is a row to give, or takes what
// one has brought, whichever comes first.
func (t *team) turn(row int, give bool) (gave bool, done result, err error) {
	var rows chan int
	if give {
		rows = t.rows
	}
	select {
	case rows <- row:
		t.busy++
		return true, result{}, nil
	case done = <-t.results:
		t.busy--
		return false, done, nil
	case <-t.ctx.Done():
		return false, result{}, context.Cause(t.ctx)
	}
}

// stop ends the workers, and what they are at.
func (t *team) stop() {
	t.cancel()
	close(t.rows)
	t.workers.Wait()
}
