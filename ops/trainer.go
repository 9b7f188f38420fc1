package ops

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"hpaflow/data"
	"hpaflow/flow"
	"hpaflow/models"
	"hpaflow/models/metrics"
)

// trainer is the training step: it reads batches and computes, and nothing
// else, so that whatever else there is to do goes on beside it.
type trainer struct {
	name     string
	graph    *flow.Graph
	network  models.Options
	schedule models.ScheduleOptions
	init     string

	device models.Device // made for the first batch's size
	rate   *models.Schedule
	steps  int64 // batches trained on
}

func newTrainer(n *flow.Node) *trainer {
	a := n.Args
	return &trainer{
		name: n.Name, graph: n.Graph, init: a.String("init"),
		network: models.Options{
			Model: a.String("model"), Classes: a.Int("classes"), Loss: a.String("loss"), Accumulate: a.Int("accumulate"),
			Optimizer: models.OptimizerOptions{
				Kind: a.String("optimizer"), WeightDecay: a.Float("weight_decay"), AMSGrad: a.Bool("amsgrad"), Nesterov: a.Bool("nesterov"),
			},
			Seed: n.Graph.Options().Seed,
		},
		schedule: models.ScheduleOptions{
			Kind: a.String("schedule"), LR: a.Float("lr"), Epochs: a.Int("epochs"), Gamma: a.Float("gamma"), StepSize: a.Int("step_size"),
		},
	}
}

// run trains until the batches end, epoch by epoch.
func (t *trainer) run(ctx context.Context, in, val *flow.Reader[*data.Batch], out *flow.Emitter[*models.Epoch]) error {
	if err := t.begin(); err != nil {
		return err
	}
	scores := metrics.NewEpoch(t.network.Classes)
	start := time.Now()
	for {
		r, err := in.Next(ctx)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case r.IsValue():
			if err := t.step(ctx, r.Value, scores); err != nil {
				return &flow.StageError{Stage: t.name, Key: r.Key, Err: err}
			}
		case r.Mark == flow.EndEpoch:
			if err := t.endEpoch(ctx, r.Epoch, scores.Result(), val, out, start); err != nil {
				return err
			}
			scores = metrics.NewEpoch(t.network.Classes)
			start = time.Now()
		}
	}
}

// begin sets the schedule to where an earlier run stopped.
func (t *trainer) begin() (err error) {
	if t.rate, err = models.NewSchedule(t.schedule); err != nil {
		return err
	}
	if c, ok := t.graph.Resume().State.(*models.Checkpoint); ok {
		t.graph.Note(t.name, fmt.Sprintf("going on after %d complete epochs", c.Position.Epoch))
		t.steps = c.Position.Step
		return t.rate.Load(c.Position.Schedule)
	}
	return nil
}

// open makes the device for batches like the first, and gives it the weights
// to begin with.
func (t *trainer) open(b *data.Batch) (err error) {
	t.network.Channels, t.network.Height, t.network.Width, t.network.Batch = b.C, b.H, b.W, b.N
	if t.device, err = models.NewCPU(t.network); err != nil {
		return err
	}
	if c, ok := t.graph.Resume().State.(*models.Checkpoint); ok {
		return t.device.Load(c.State)
	}
	if t.init == initRandom {
		return nil
	}
	weights, err := models.LoadWeights(t.init)
	if err != nil {
		return err
	}
	report, err := t.device.Init(weights)
	if err != nil {
		return fmt.Errorf("%s: %w", t.init, err)
	}
	t.graph.Note(t.name, fmt.Sprintf("%s: %s", t.init, report))
	return nil
}

func (t *trainer) step(ctx context.Context, b *data.Batch, scores *metrics.Epoch) error {
	if b.Y == nil {
		return errors.New("a sample of the batch has no labels")
	}
	if t.device == nil {
		if err := t.open(b); err != nil {
			return err
		}
	}
	step, err := t.device.Train(ctx, b, t.rate.LR())
	if err != nil {
		return err
	}
	t.steps++
	return scores.Add(step.Logits, b.Y, step.Loss)
}

// endEpoch validates, steps the schedule, and yields the epoch.
func (t *trainer) endEpoch(ctx context.Context, number int, train metrics.Result, val *flow.Reader[*data.Batch], out *flow.Emitter[*models.Epoch], start time.Time) error {
	if t.device == nil {
		return errors.New("an epoch has no batch: fewer samples than the batch size, with drop_last")
	}
	e := &models.Epoch{Number: number, LR: t.rate.LR(), Train: train}
	score := train.MacroF1
	if val != nil {
		result, err := t.validate(ctx, val)
		if err != nil {
			return err
		}
		e.Val, score = &result, result.MacroF1
	}
	t.rate.Step(score)
	e.Checkpoint = &models.Checkpoint{
		State:    t.device.State(),
		Position: models.Position{Epoch: number + 1, Step: t.steps, Seed: t.network.Seed, Schedule: t.rate.State()},
	}
	t.graph.Note(t.name, describe(e, time.Since(start)))
	return out.Forward(flow.Record[*models.Epoch]{Seq: int64(number), Epoch: number, Key: fmt.Sprintf("epoch %d", number), Value: e})
}

// validate reads one epoch of validation batches.
func (t *trainer) validate(ctx context.Context, in *flow.Reader[*data.Batch]) (metrics.Result, error) {
	scores := metrics.NewEpoch(t.network.Classes)
	for {
		r, err := in.Next(ctx)
		switch {
		case errors.Is(err, io.EOF):
			return metrics.Result{}, errors.New("the validation data end before the training data: their epochs differ")
		case err != nil:
			return metrics.Result{}, err
		case r.Mark == flow.EndEpoch:
			return scores.Result(), nil
		case !r.IsValue():
			continue
		}
		logits, err := t.device.Predict(ctx, r.Value)
		if err == nil && r.Value.Y == nil {
			err = errors.New("a sample of the batch has no labels")
		}
		if err == nil {
			err = scores.Add(logits, r.Value.Y, t.device.Loss(logits, r.Value.Y))
		}
		if err != nil {
			return metrics.Result{}, &flow.StageError{Stage: t.name, Key: "validation, " + r.Key, Err: err}
		}
	}
}

// describe is an epoch as one line.
func describe(e *models.Epoch, took time.Duration) string {
	line := fmt.Sprintf("epoch %d: lr %.3g, train loss %.5f, macro F1 (labels present) %.3f", e.Number, e.LR, e.Train.Loss, e.Train.MacroF1Present)
	if e.Val != nil {
		line += fmt.Sprintf("; val loss %.5f, macro F1 %.3f, present %.3f", e.Val.Loss, e.Val.MacroF1, e.Val.MacroF1Present)
	}
	return line + fmt.Sprintf("; %s", took.Round(100*time.Millisecond))
}
