package training

import (
	"context"
	"errors"
	"time"

	"hpaflow/flow"
	"hpaflow/models"
	"hpaflow/models/checkpoint"
)

// flight is a batch that the device has, and whose result is to come.
type flight struct {
	end     int64     // Batch.End
	digest  uint64    // Batch.Digest
	targets []float32 // Batch.Y
}

// land takes results until only so many batches are in flight, and yields what
// there is to log. With save, a checkpoint goes with the last one.
func (t *trainer) land(ctx context.Context, left int, save bool, out *flow.Emitter[*checkpoint.Progress]) error {
	for len(t.flying) > left {
		p, err := t.result(ctx)
		if err != nil {
			return err
		}
		if save && len(t.flying) == 0 {
			if p.Checkpoint, err = t.checkpoint(t.epoch, t.rate.LR()); err != nil {
				return err
			}
			t.saved = time.Now()
		}
		if p.Checkpoint == nil && (t.logEvery == 0 || t.steps%int64(t.logEvery) != 0) {
			continue
		}
		if err := t.yield(p, out); err != nil {
			return err
		}
	}
	return nil
}

// result takes the oldest batch's result into what the run knows.
func (t *trainer) result(ctx context.Context) (*checkpoint.Progress, error) {
	step, err := t.device.Result(ctx)
	if errors.Is(err, models.ErrDiverged) {
		t.torn = true
		return nil, t.diverged("the loss is no finite number", t.epoch, t.rate.LR())
	}
	if err != nil {
		return nil, t.tear(ctx, err)
	}
	b := t.flying[0]
	if err := t.scores.Add(step.Logits, b.targets, step.Loss); err != nil {
		t.torn = true
		return nil, err
	}
	t.flying = t.flying[1:]
	t.steps++
	t.records = b.end
	t.follow(b.digest)
	return &checkpoint.Progress{Epoch: t.epoch, Step: t.steps, LR: t.rate.LR(), Loss: step.Loss, Time: time.Now()}, nil
}

// tear notes that the device's state is none to go on from, unless it was the
// run's end that kept it from working.
func (t *trainer) tear(ctx context.Context, err error) error {
	t.torn = ctx.Err() == nil || !errors.Is(err, context.Cause(ctx))
	return err
}

// leave hands the graph a checkpoint of a run that was stopped after so many
// steps had been done before it, once all that is in flight has come back.
func (t *trainer) leave(begun int64) {
	for len(t.flying) > 0 {
		if _, err := t.result(context.Background()); err != nil {
			return
		}
	}
	if t.steps == begun {
		return
	}
	if c, err := t.checkpoint(t.epoch, t.rate.LR()); err == nil {
		t.graph.Leave(c)
	}
}

// usage is how the device is used, where it tells.
func (t *trainer) usage() (flow.Device, bool) {
	if m := t.metered.Load(); m != nil {
		return flow.Device((*m).Usage()), true
	}
	return flow.Device{}, false
}

// close gives the device back. What it tells of its use stays known.
func (t *trainer) close() error {
	if t.device == nil {
		return nil
	}
	err := t.device.Close()
	t.device = nil
	return err
}
