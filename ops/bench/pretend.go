package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"hpaflow/data"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/training"
)

// Pretended is a device that computes nothing and takes StepTime a batch, as
// something to find out how well a flow's input side feeds one. It has room for
// the batch it works on and the next, so that it goes on at once if the next is
// there in time; what it waits beyond that is the input side's.
type Pretended struct {
	StepTime time.Duration
	Warmup   time.Duration // not measured: until the first stages are tuned and full
	Measure  time.Duration // how long is measured, if the data last

	first   time.Time // when the first batch came
	free    time.Time // when the device is done with all batches so far
	begun   time.Time // the start of the first batch that is measured
	ended   time.Time // the start of the last one, which is not counted
	batches int       // from begun to ended
	images  int
	last    int         // images of the batch that started at ended
	total   int         // images
	works   *data.Batch // that it works on
}

// Fed is how a pretended device was fed.
type Fed struct {
	Batches int
	Images  int
	Wall    time.Duration // that these took
	Busy    time.Duration // of Wall, that the device worked
	Total   int           // images that came at all, while warming up too
}

// errFed ends a run that has measured enough. It is no fault.
var errFed = errors.New("the measurement is done")

// Attach ends a graph in the device, which takes the place of a training step:
// the inputs are those of op "train".
func (d *Pretended) Attach(g *flow.Graph, inputs map[string]component.Output) error {
	n := &component.Node{Graph: g, Spec: training.TrainSpec(), Name: "device", Inputs: inputs}
	for _, p := range n.Spec.In {
		if out := inputs[p.Name]; out != nil && out.ElemType() != p.Type.Go {
			return fmt.Errorf("port %s holds %v, want batches", p.Name, out.ElemType())
		}
	}
	stage := flow.Stage{Name: n.Name, Kind: flow.KindOp}
	var end flow.Out[struct{}]
	if n.Has("validate") {
		end = flow.Process2(component.In[*data.Batch](n, "in"), component.In[*data.Batch](n, "validate"), stage, d.run)
	} else {
		end = flow.Process(component.In[*data.Batch](n, "in"), stage,
			func(ctx context.Context, in *flow.Reader[*data.Batch], out *flow.Emitter[struct{}]) error {
				return d.run(ctx, in, nil, out)
			})
	}
	flow.To(end, flow.Stage{Name: "nothing"}, flow.Discard[struct{}]())
	return nil
}

// Fed is what was measured in a run that ended with cause. That there was
// enough of it is no fault; too little is.
func (d *Pretended) Fed(cause error) (Fed, error) {
	if cause != nil && !errors.Is(cause, errFed) {
		return Fed{}, cause
	}
	if d.batches < 1 {
		return Fed{}, fmt.Errorf("the data ended within %s of warming up: give the flow more data or epochs", d.Warmup)
	}
	return Fed{d.batches, d.images, d.ended.Sub(d.begun), time.Duration(d.batches) * d.StepTime, d.total}, nil
}

// run reads batches as a training step does: those of an epoch, then those to
// validate.
func (d *Pretended) run(ctx context.Context, in, val *flow.Reader[*data.Batch], _ *flow.Emitter[struct{}]) error {
	for {
		mark, err := d.epoch(ctx, in)
		if err != nil || !mark {
			return err
		}
		if val == nil {
			continue
		}
		if _, err := d.epoch(ctx, val); err != nil {
			return err
		}
	}
}

// epoch works through an epoch's batches, and says whether it has an end: if
// not, the data do.
func (d *Pretended) epoch(ctx context.Context, in *flow.Reader[*data.Batch]) (bool, error) {
	for {
		r, err := in.Next(ctx)
		switch {
		case errors.Is(err, io.EOF):
			return false, nil
		case err != nil:
			return false, err
		case r.Mark == flow.EndEpoch:
			return true, nil
		case r.IsValue():
			if err := d.step(ctx, r.Value); err != nil {
				return false, err
			}
		}
	}
}

// step takes a batch of n images, and returns once the device has begun with it
// and so has room for the next.
func (d *Pretended) step(ctx context.Context, b *data.Batch) error {
	start := time.Now()
	if d.first.IsZero() {
		d.first = start
	}
	if d.free.After(start) {
		start = d.free
	}
	if err := sleepUntil(ctx, start); err != nil {
		return err
	}
	d.free = start.Add(d.StepTime)
	switch {
	case !d.begun.IsZero():
		d.batches++
		d.images += d.last
		d.ended = start
	case start.Sub(d.first) >= d.Warmup:
		d.begun = start
	}
	if d.works != nil {
		d.works.Done()
	}
	d.works = b
	d.last = b.N
	d.total += b.N
	if d.batches > 0 && start.Sub(d.begun) >= d.Measure {
		return errFed
	}
	return nil
}

func sleepUntil(ctx context.Context, t time.Time) error {
	wait := time.Until(t)
	if wait <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
