package training

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"hpaflow/flow"
	"hpaflow/models"
	"hpaflow/models/checkpoint"
	"hpaflow/models/cpu"
)

// accept says whether the run can go on from a checkpoint, and which records
// of its sources the checkpoint is done with.
func (t *trainer) accept(r *flow.Resume, sources []string) error {
	c, ok := r.State.(*checkpoint.Checkpoint)
	if !ok {
		return fmt.Errorf("a run of %q cannot go on from %T", t.name, r.State)
	}
	differ := c.Position.Settings.Differences(t.settings())
	if c.Position.Seed != t.network.Seed {
		differ = append(differ, fmt.Sprintf("seed is %d, not %d", c.Position.Seed, t.network.Seed))
	}
	if len(differ) > 0 {
		return fmt.Errorf("it is of another run than op %q: its %s; set the same, or another folder, or begin from its weights with init",
			t.name, strings.Join(differ, "; its "))
	}
	r.Records = map[string]int64{}
	for _, name := range sources {
		r.Records[name] = c.Position.Records
	}
	return nil
}

// checkInit says why the weights to begin with are none of this network's,
// before there is any work. The shapes of weights do not depend on the size of
// images, so that a small network tells.
func (t *trainer) checkInit() error {
	if t.init == initRandom {
		return nil
	}
	weights, err := checkpoint.LoadWeights(t.init)
	if err != nil {
		return err
	}
	o := t.network
	o.Batch, o.Height, o.Width = 1, 128, 128
	o.AttentionSize, o.AuxAttentionSize = 0, 0
	d, err := cpu.New(o)
	if err != nil {
		return err
	}
	if _, err := d.Init(weights); err != nil {
		return fmt.Errorf("init: %s is of another network than %s: %w", t.init, o.Model, shorten(err))
	}
	return nil
}

// shorten leaves the first few lines of an error that has many.
func shorten(err error) error {
	const most = 3
	lines := strings.Split(err.Error(), "\n")
	if len(lines) <= most {
		return errors.New(strings.Join(lines, "; "))
	}
	return fmt.Errorf("%s; and %d more", strings.Join(lines[:most], "; "), len(lines)-most)
}

// settings are those that a checkpoint to go on from must share.
func (t *trainer) settings() checkpoint.Settings {
	n := &t.network
	return checkpoint.Settings{
		Model: n.Model, Classes: n.Classes, Attention: [2]int{n.AttentionSize, n.AuxAttentionSize}, Loss: n.Loss, Optimizer: n.Optimizer, Accumulate: n.Accumulate,
		Schedule: t.schedule, Shape: t.shape(),
	}
}

// shape is that of a full batch; zero before the first.
func (t *trainer) shape() [4]int {
	if t.device == nil {
		return [4]int{}
	}
	return [4]int{t.network.Batch, t.network.Channels, t.network.Height, t.network.Width}
}

// begin puts everything to where an earlier run stopped.
func (t *trainer) begin() (err error) {
	t.saved = time.Now()
	if t.rate, err = models.NewSchedule(t.schedule); err != nil {
		return err
	}
	c, ok := t.graph.Resume().State.(*checkpoint.Checkpoint)
	if !ok {
		return nil
	}
	p := c.Position
	t.epoch, t.steps, t.records, t.history = p.Epoch, p.Step, p.Records, slices.Clone(p.History)
	if p.Scores != nil {
		t.scores = p.Scores.Clone()
	}
	if n, err := hex.Decode(t.sequence[:], []byte(p.Sequence)); err != nil || n != len(t.sequence) {
		return errors.New("the checkpoint's digest of the records is damaged")
	}
	if err := t.rate.Load(p.Schedule); err != nil {
		return err
	}
	if err := t.open(p.Settings.Shape); err != nil {
		return err
	}
	note := fmt.Sprintf("going on after %d complete epochs", p.Epoch)
	if p.Records > 0 {
		note += fmt.Sprintf(" and %d samples of the next, at step %d", p.Records, p.Step)
	}
	t.graph.Note(t.name, note)
	return t.device.Load(c.State)
}

// checkpoint is what a run needs to go on from here.
func (t *trainer) checkpoint() *checkpoint.Checkpoint {
	p := checkpoint.Position{
		Epoch: t.epoch, Step: t.steps, Records: t.records, Seed: t.network.Seed, Schedule: t.rate.State(),
		Settings: t.settings(), Sequence: hex.EncodeToString(t.sequence[:]), History: slices.Clone(t.history),
	}
	if t.records > 0 {
		p.Scores = t.scores.Clone()
	}
	return &checkpoint.Checkpoint{State: t.device.State(), Position: p}
}
