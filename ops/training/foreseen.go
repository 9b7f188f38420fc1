package training

import (
	"errors"
	"fmt"

	"hpaflow/data"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/models/checkpoint"
	"hpaflow/ops/edges"
)

// foreseen is what was said, while the graph was built, of the batches that
// will come to a port. What nobody has told is empty, and not checked.
type foreseen struct {
	port    string // train or val
	rows    []edges.Rows
	batches []edges.Batches
	side    []edges.Side
	norms   []edges.Norm
	origins []edges.Origin
}

func foresee(port string, out flow.Out[*data.Batch]) foreseen {
	return foreseen{port, flow.Told[edges.Rows](out), flow.Told[edges.Batches](out), flow.Told[edges.Side](out), flow.Told[edges.Norm](out), flow.Told[edges.Origin](out)}
}

// foresee gathers what is known of both ports.
func (t *trainer) foresee(n *component.Node, train flow.Out[*data.Batch]) {
	t.foreseen = []foreseen{foresee("train", train)}
	if n.Has("validate") {
		t.foreseen = append(t.foreseen, foresee("val", component.In[*data.Batch](n, "validate")))
	}
}

// originsOf are the identities of what the run trains and validates on, such as
// "train images".
func (t *trainer) originsOf() (map[string]string, error) {
	all := map[string]string{}
	for _, f := range t.foreseen {
		for _, o := range f.origins {
			text, err := o.Identity()
			if err != nil {
				return nil, fmt.Errorf("%s %s: %w", f.port, o.What, err)
			}
			all[f.port+" "+o.What] = text
		}
	}
	return all, nil
}

// check refuses, once the graph stands, what the run would find out in the
// middle. A run that is complete needs nothing.
func (t *trainer) check() (err error) {
	resume := t.graph.Resume()
	for _, r := range t.foreseen[0].rows {
		if resume.Epochs >= r.Epochs {
			return nil
		}
	}
	if _, stop := t.stopped(); stop {
		return nil
	}
	faults := []error{t.checkBatches(t.foreseen[0])}
	for _, f := range t.foreseen {
		faults = append(faults, f.checkLabels())
	}
	if resume.State == nil {
		faults = append(faults, t.checkInit())
	}
	if err := errors.Join(faults...); err != nil || t.origins != nil {
		return err
	}
	t.origins, err = t.originsOf()
	return err
}

// checkLabels refuses rows of a table without labels.
func (f foreseen) checkLabels() error {
	for _, r := range f.rows {
		if r.Unlabelled {
			return fmt.Errorf("%s has no column Target: the rows of %s have no labels: %s", r.Table, f.port, data.Enumerate(r.IDs))
		}
	}
	return nil
}

// checkBatches holds the training batches against what is done with them.
func (t *trainer) checkBatches(f foreseen) error {
	o := t.network
	for _, r := range f.rows {
		if r.Planes > 0 {
			o.Channels = r.Planes
		}
	}
	for _, b := range f.batches {
		if b.Count == 0 {
			return fmt.Errorf("an epoch has no batch: there are fewer samples to train on than a batch of %d has, and a smaller one is dropped (drop_last)", b.Size)
		}
		if len(f.side) == 0 {
			continue
		}
		o.Batch, o.Height, o.Width = b.Size, int(f.side[0]), int(f.side[0])
		if err := o.Validate(); err != nil {
			return err
		}
		if least := min(b.Size, b.Last); least < o.LeastBatch() {
			return o.TooFew(least)
		}
	}
	return nil
}

// tellAccumulate notes that steps are of fewer batches than accumulate says,
// where an epoch has no more.
func (t *trainer) tellAccumulate() {
	for _, b := range t.foreseen[0].batches {
		if n := t.network.Accumulate; n > b.Count && b.Count > 0 {
			t.graph.Note(t.name, fmt.Sprintf("accumulate is %d, but an epoch has %d batches: each is one step of these", n, b.Count))
		}
	}
}

// checkInit says why the weights to begin with are none of this network's.
func (t *trainer) checkInit() error {
	if t.init == initRandom {
		return nil
	}
	o := t.network
	for _, r := range t.foreseen[0].rows {
		o.Channels = r.Planes
	}
	if _, _, err := checkpoint.WeightsFor(t.init, o, false); err != nil {
		return fmt.Errorf("init: %w", err)
	}
	return nil
}

// unlabelled is the error of a batch with a sample that has no labels.
func unlabelled(b *data.Batch) error {
	for _, s := range b.Samples {
		if !s.Labeled {
			return fmt.Errorf("%s has no labels", s.ID)
		}
	}
	return errors.New("a sample of the batch has no labels")
}
