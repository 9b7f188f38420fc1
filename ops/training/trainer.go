package training

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"hpaflow/data"
	"hpaflow/data/metrics"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/models"
	"hpaflow/models/checkpoint"
	"hpaflow/models/devices"
)

// trainer is the training step: it reads batches and computes, and nothing
// else, so that whatever else there is to do goes on beside it.
type trainer struct {
	name      string
	graph     *flow.Graph
	network   models.Options
	schedule  models.ScheduleOptions
	init      string
	logEvery  int
	saveEvery time.Duration
	worst     int
	examples  int     // validation samples to show
	curves    int     // thresholds of the curves of the validation data; 0: no curves
	smoothing float64 // of the targets to train on
	stopAfter int     // epochs without a better one; 0: never

	backend models.Backend
	device  models.Device                  // made for the first batch's size
	flying  []flight                       // batches whose results are to come
	metered atomic.Pointer[models.Metered] // the device, if it tells of its use
	rate    *models.Schedule

	planes []string // their names, of the images that are trained on; nil: not known
	first  []string // and of the first batch of this process
	named  bool     // there has been one

	epoch    int   // that is being trained
	steps    int64 // batches trained on
	records  int64 // of the epoch, done with
	scores   *metrics.Epoch
	sequence [sha256.Size]byte
	history  []checkpoint.EpochScores

	saved time.Time // when the last checkpoint was made
	torn  bool      // a step has failed in the middle: the state is none to go on from

	foreseen     []foreseen            // of the batches to come, those to train on first
	origins      map[string]string     // what is trained on, by name
	kept         []string              // of that, what a run goes on with though it has changed
	instructions []string              // of the processors that the weights were computed on
	resumedFrom  string                // the checkpoint that the run was told to go on from
	receipts     []*checkpoint.Receipt // of the last checkpoints
}

func newTrainer(n *component.Node) (*trainer, error) {
	a := n.Args
	t := &trainer{
		name: n.Name, graph: n.Graph, init: a.String("init"),
		logEvery: a.Int("log_every"), saveEvery: a.Duration("save_every"), worst: a.Int("worst"), examples: a.Int("examples"), curves: a.Int("pr_curves"),
		smoothing: a.Float("label_smoothing"), stopAfter: a.Int("stop_after"),
		network: models.Options{
			Model: a.String("model"), Classes: a.Int("classes"),
			AttentionSize: a.Int("attention_size"), AuxAttentionSize: a.Int("aux_attention_size"),
			Loss: a.String("loss"), Accumulate: a.Int("accumulate"),
			Optimizer: models.OptimizerOptions{
				Kind: a.String("optimizer"), WeightDecay: a.Float("weight_decay"), AMSGrad: a.Bool("amsgrad"), Nesterov: a.Bool("nesterov"),
			},
			ClipNorm: a.Float("clip_norm"), EMA: a.Float("ema"), Freeze: a.Int("freeze"),
			Seed: n.Graph.Options().Seed,
		},
		schedule: scheduleOf(a),
	}
	t.network.EnsureDefaults()
	t.schedule.EnsureDefaults()
	t.scores = metrics.NewEpoch(t.network.Classes)
	backend, note, err := devices.Open(DeviceOptions(a))
	if err != nil {
		return nil, err
	}
	if err := backend.Refuses(t.network); err != nil {
		return nil, fmt.Errorf("%s: %w", backend.Name(), err)
	}
	if t.backend = backend; note != "" {
		t.graph.Note(t.name, note)
	}
	return t, nil
}

// scheduleOf is the schedule that a node's fields describe.
func scheduleOf(a component.Args) models.ScheduleOptions {
	o := models.ScheduleOptions{
		Kind: a.String("schedule"), LR: a.Float("lr"), Epochs: a.Int("epochs"), Gamma: a.Float("gamma"),
		StepSize: a.Int("step_size"), Milestones: a.Ints("milestones"), Patience: a.Int("patience"), Warmup: a.Int("warmup"),
	}
	if o.Warmup > 0 {
		o.WarmupLR = a.Float("warmup_lr")
	}
	return o
}

// run trains until the batches end or no epoch is better for too long, epoch by
// epoch. A run that is complete has none to come, and its state is left alone.
func (t *trainer) run(ctx context.Context, in, val *flow.Reader[*data.Batch], out *flow.Emitter[*checkpoint.Progress]) (err error) {
	if note, stop := t.stopped(); stop {
		t.graph.Note(t.name, note)
		return nil
	}
	r, err := in.Next(ctx)
	if errors.Is(err, io.EOF) {
		return nil
	}
	defer func() { err = errors.Join(err, t.close()) }()
	if err == nil {
		err = t.begin()
	}
	if err != nil {
		return err
	}
	begun := t.steps
	defer func() {
		if ctx.Err() != nil && !t.torn {
			t.leave(begun)
		}
	}()
	for start := time.Now(); ; r, err = in.Next(ctx) {
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case r.IsValue():
			if err := t.step(ctx, r.Value, out); err != nil {
				return &flow.StageError{Stage: t.name, Key: r.Key, Err: err}
			}
		case r.Mark == flow.EndEpoch:
			epoch := t.epoch
			if err := t.endEpoch(ctx, val, out, start); errors.Is(err, models.ErrDiverged) {
				return &flow.StageError{Stage: t.name, Key: fmt.Sprintf("the end of epoch %d", epoch), Err: err}
			} else if err != nil {
				return err
			}
			if note, stop := stops(t.history, t.stopAfter); stop {
				t.graph.Note(t.name, note)
				return nil
			}
			start = time.Now()
		}
	}
}

// open makes the device for batches of a shape (N,C,H,W), and gives it the
// weights to begin with.
func (t *trainer) open(shape [4]int) (err error) {
	t.network.Batch, t.network.Channels, t.network.Height, t.network.Width = shape[0], shape[1], shape[2], shape[3]
	if t.device, err = t.backend.New(t.network); err != nil {
		return err
	}
	if m, ok := t.device.(models.Metered); ok {
		t.metered.Store(&m)
	}
	if t.init == initRandom || t.steps > 0 {
		return nil
	}
	weights, note, err := checkpoint.WeightsFor(t.init, t.network, false)
	if err != nil {
		return err
	}
	report, err := t.device.Init(weights)
	if err != nil {
		return fmt.Errorf("%s: %w", t.init, err)
	}
	if note != "" {
		note += ": "
	}
	t.graph.Note(t.name, fmt.Sprintf("%s: %s%s", t.init, note, report))
	return nil
}

// checkPlanes holds the names of a batch's planes against those that the run was
// trained on so far.
func (t *trainer) checkPlanes(b *data.Batch) error {
	var names []string
	if len(b.Samples) > 0 {
		names = data.KnownPlaneNames(b.Samples[0].Planes, b.C)
	}
	if t.named {
		if !slices.Equal(names, t.first) {
			return fmt.Errorf("its planes are %s, and those of the first batch %s", strings.Join(names, ", "), strings.Join(t.first, ", "))
		}
		return nil
	}
	from, made := "the run so far", t.planes
	if t.steps == 0 && t.init != initRandom {
		from, made = t.init, checkpoint.InputsOf(t.init).Planes
	}
	if len(made) == len(names) { // else the weights do not fit, or have been made to
		note, err := data.SamePlanes(made, names)
		if err != nil {
			return fmt.Errorf("%s was trained on other images: %w", from, err)
		}
		if note != "" {
			t.graph.Note(t.name, from+": "+note)
		}
	}
	if t.first, t.named = names, true; names != nil {
		t.planes = names
	}
	return nil
}

// step trains on a batch, and yields what there is to log and to save.
func (t *trainer) step(ctx context.Context, b *data.Batch, out *flow.Emitter[*checkpoint.Progress]) error {
	if b.Y == nil {
		return unlabelled(b)
	}
	if t.device == nil {
		if err := t.open([4]int{b.N, b.C, b.H, b.W}); err != nil {
			return err
		}
	}
	if err := t.checkPlanes(b); err != nil {
		return err
	}
	if want := t.shape(); b.N > want[0] || [3]int{b.C, b.H, b.W} != [3]int(want[1:]) {
		return fmt.Errorf("a batch of shape %v; the run is one of %v", [4]int{b.N, b.C, b.H, b.W}, want)
	}
	if err := t.device.Submit(ctx, smoothed(b, t.smoothing), t.rate.LR()); err != nil {
		return t.tear(ctx, err)
	}
	t.flying = append(t.flying, flight{end: b.End, digest: b.Digest, targets: b.Y})
	b.Done()
	if t.saveEvery > 0 && time.Since(t.saved) > t.saveEvery {
		return t.land(ctx, 0, true, out)
	}
	return t.land(ctx, t.device.Ahead(), false, out)
}

// follow adds a batch to the digest of all that was trained on.
func (t *trainer) follow(batch uint64) {
	var link [sha256.Size + 16]byte
	copy(link[:], t.sequence[:])
	binary.BigEndian.PutUint64(link[sha256.Size:], uint64(t.epoch))
	binary.BigEndian.PutUint64(link[sha256.Size+8:], batch)
	t.sequence = sha256.Sum256(link[:])
}

// endEpoch lets the optimiser step with what is left of a group of batches,
// validates, steps the schedule, and yields the epoch.
func (t *trainer) endEpoch(ctx context.Context, val *flow.Reader[*data.Batch], out *flow.Emitter[*checkpoint.Progress], start time.Time) error {
	if err := t.land(ctx, 0, false, out); err != nil {
		return err
	}
	train := t.scores.Result()
	if train.Samples == 0 {
		return errors.New("an epoch has no batch: fewer samples than the batch size, with drop_last")
	}
	if err := t.device.Flush(t.rate.LR()); err != nil {
		return t.tear(ctx, err)
	}
	e := checkpoint.EpochScores{Epoch: t.epoch, Step: t.steps, LR: t.rate.LR(), Train: train}
	var worst, examples []checkpoint.Mistake
	var curves *metrics.Curves
	if val != nil {
		v := &validation{trainer: t, scores: metrics.NewEpoch(t.network.Classes), most: t.worst}
		if t.curves > 0 {
			v.curves = metrics.NewCurves(t.network.Classes, t.curves)
		}
		if err := v.run(ctx, val); err != nil {
			return err
		}
		result := v.scores.Result()
		if !finite(result.Loss) {
			t.torn = true
			return t.diverged("the validation loss is no finite number", e.Epoch, e.LR)
		}
		e.Val, worst, examples, curves = &result, v.sorted(), v.first, v.curves
	}
	e.Time = time.Now()
	t.rate.Step(e.Score())
	t.history = append(t.history, e)
	t.epoch, t.records, t.scores = t.epoch+1, 0, metrics.NewEpoch(t.network.Classes)
	t.saved = time.Now()
	c, err := t.checkpoint(e.Epoch, e.LR)
	if err != nil {
		return err
	}
	t.graph.Note(t.name, describe(&e, time.Since(start)))
	return t.yield(&checkpoint.Progress{
		Epoch: e.Epoch, Step: e.Step, LR: e.LR, Time: e.Time, Scores: &e, Worst: worst, Examples: examples, Curves: curves, Checkpoint: c,
	}, out)
}

func (t *trainer) yield(p *checkpoint.Progress, out *flow.Emitter[*checkpoint.Progress]) error {
	key := fmt.Sprintf("epoch %d step %d", p.Epoch, p.Step)
	return out.Forward(flow.Record[*checkpoint.Progress]{Seq: p.Step, Epoch: p.Epoch, Key: key, Value: p})
}

// describe is an epoch as one line.
func describe(e *checkpoint.EpochScores, took time.Duration) string {
	line := fmt.Sprintf("epoch %d: lr %.3g, train loss %.5f, macro F1 (labels present) %.3f", e.Epoch, e.LR, e.Train.Loss, e.Train.MacroF1Present)
	if e.Val != nil {
		line += fmt.Sprintf("; val loss %.5f, macro F1 %.3f, present %.3f", e.Val.Loss, e.Val.MacroF1, e.Val.MacroF1Present)
	}
	return line + fmt.Sprintf("; %s", took.Round(100*time.Millisecond))
}
