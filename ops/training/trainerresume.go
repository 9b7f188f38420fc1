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
)

// accept says whether the run can go on from a checkpoint, and which records
// of its sources the checkpoint is done with.
func (t *trainer) accept(r *flow.Resume, sources []string) error {
	c, ok := r.State.(*checkpoint.Checkpoint)
	if !ok {
		return fmt.Errorf("a run of %q cannot go on from %T", t.name, r.State)
	}
	var err error
	if t.origins, err = t.originsOf(); err != nil {
		return err
	}
	before := c.Position.Settings
	if t.graph.Options().Changed == flow.ChangedKeep && c.Position.Records == 0 { // inside an epoch, the rows it has come to would be others
		t.kept = before.OtherData(t.origins)
		before.Data = t.origins
	}
	differ := before.Differences(t.settings())
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

// settings are those that a checkpoint to go on from must share.
func (t *trainer) settings() checkpoint.Settings {
	n := &t.network
	return checkpoint.Settings{
		Model: n.Model, Classes: n.Classes, Attention: [2]int{n.AttentionSize, n.AuxAttentionSize}, Loss: n.Loss, Optimizer: n.Optimizer, Accumulate: n.Accumulate,
		Schedule: t.schedule, Shape: t.shape(), Data: t.origins, LabelSmoothing: t.smoothing, ClipNorm: n.ClipNorm, EMA: n.EMA, Freeze: n.Freeze,
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
	t.tellAccumulate()
	if t.rate, err = models.NewSchedule(t.schedule); err != nil {
		return err
	}
	c, ok := t.graph.Resume().State.(*checkpoint.Checkpoint)
	if !ok {
		t.follows(nil)
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
	if len(t.kept) > 0 {
		t.graph.Note(t.name, "with what was changed since: "+strings.Join(t.kept, "; "))
	}
	if len(p.Settings.Data) == 0 {
		t.graph.Note(t.name, "the checkpoint, of an earlier version, does not say what was trained on; it is taken to be the same")
	}
	t.follows(p.Instructions)
	t.resumedFrom, t.planes = p.ResumedFrom, p.Planes
	t.receipts = []*checkpoint.Receipt{c.Receipt}
	return t.device.Load(c.State)
}

// follows notes on what the weights were computed so far. Other instructions or
// devices give other last bits.
func (t *trainer) follows(before []string) {
	now := t.backend.Name()
	t.instructions = slices.Clone(before)
	if n := len(before); n > 0 && before[n-1] != now {
		t.graph.Note(t.name, fmt.Sprintf("the run was computed on %s, and goes on on %s: its weights are not, to the last bit, those of a run that was never stopped",
			before[n-1], now))
	}
	if n := len(before); n == 0 || before[n-1] != now {
		t.instructions = append(t.instructions, now)
	}
}

// checkpoint is what a run needs to go on from here. Weights or moments that
// are no finite numbers are no such thing: the error names an epoch and its
// rate, which may be over already.
func (t *trainer) checkpoint(epoch int, lr float64) (*checkpoint.Checkpoint, error) {
	p := checkpoint.Position{
		Epoch: t.epoch, Step: t.steps, Records: t.records, Seed: t.network.Seed, Schedule: t.rate.State(),
		Settings: t.settings(), Sequence: hex.EncodeToString(t.sequence[:]), Instructions: t.instructions, Planes: t.planes,
		ResumedFrom: t.resumedFrom, History: slices.Clone(t.history),
	}
	if t.records > 0 {
		p.Scores = t.scores.Clone()
	}
	state, err := t.device.State()
	if err != nil {
		t.torn = true
		return nil, err
	}
	c := &checkpoint.Checkpoint{State: state, Position: p, Receipt: &checkpoint.Receipt{}}
	if name := notFinite(c.State); name != "" {
		t.torn = true
		return nil, t.diverged(name+" is no longer made of finite numbers", epoch, lr)
	}
	if t.receipts = append(t.receipts, c.Receipt); len(t.receipts) > mostReceipts {
		t.receipts = t.receipts[1:]
	}
	return c, nil
}
