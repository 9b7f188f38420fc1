package training

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"hpaflow/data"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/models"
	"hpaflow/models/checkpoint"
	"hpaflow/models/devices"
	"hpaflow/models/statedict"
	"hpaflow/ops/edges"
	"hpaflow/ops/edges/trained"
)

func averageSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindOp, Name: "average",
		Doc: "Average the weights of a run's last checkpoints, then recompute the statistics of batch norm on the batches that come: " +
			"one pass over the training data, without augmentation. Yields one record.",
		In: component.Takes(edges.Batch), Out: trained.Weights,
		Computes: Computes,
		Fields: append([]component.Field{
			{Name: "run", Type: component.InputDir, Doc: "folder of the run, with checkpoint/epoch_NNNN below it"},
			{Name: "last", Type: component.Int, Default: 10, Min: 1, Max: 1 << 20, Doc: "checkpoints to average"},
			{Name: "epoch_end", Type: component.Int, Default: -1, Min: -1, Max: 1 << 20, Doc: "epoch of the last of them, counted from 0; -1: the last there is"},
			freezeField("as the run was trained: "),
			{Name: "batch", Type: component.Int, Bears: component.NoBearing, Default: 32, Min: 1, Max: 1 << 16, Doc: "samples in a batch, at most"},
		}, append(NetworkFields(), DeviceFields()...)...),
		Reads: func(a component.Args) []string {
			paths, _, _ := checkpoint.LastEpochs(filepath.Join(a.String("run"), "checkpoint"), a.Int("last"), a.Int("epoch_end"))
			for i := range paths { // none where there are no such epochs, which Build says
				paths[i] = checkpoint.WeightsFile(paths[i])
			}
			return paths
		},
		Build: func(n *component.Node) (component.Output, error) {
			backend, note, err := devices.Open(DeviceOptions(n.Args))
			if err != nil {
				return nil, err
			}
			a := &averaging{graph: n.Graph, stage: n.Name, options: NetworkOptions(n.Args), backend: backend, note: note}
			a.paths, a.end, err = checkpoint.LastEpochs(filepath.Join(n.Args.String("run"), "checkpoint"), n.Args.Int("last"), n.Args.Int("epoch_end"))
			if err != nil {
				return nil, err
			}
			in := component.In[*data.Batch](n, "in")
			a.options.Freeze = n.Args.Int("freeze")
			if err := a.check(foresee("train", in)); err != nil {
				return nil, err
			}
			return flow.Process(in, n.Stage(), a.run), nil
		},
		Check: func(a component.Args) []component.FieldFault {
			faults := append(CheckDevice(a), checkFreeze(a)...)
			last, end := a.Int("last"), a.Int("epoch_end")
			if end >= 0 && last > end+1 {
				faults = append(faults, component.FieldFault{
					Field: "last", Fault: fmt.Sprintf("is %d, but up to epoch %d, counted from 0, there are %d", last, end, end+1),
					Hint: fmt.Sprintf("train for %d epochs, or average %d", last, end+1),
				})
			}
			return faults
		},
	}
}

// check refuses, before there is any work, checkpoints of another network or
// normalisation, and batches that batch norm cannot be computed of.
func (a *averaging) check(f foreseen) error {
	o := a.options
	o.EnsureDefaults()
	if err := a.backend.Refuses(o); err != nil {
		return fmt.Errorf("%s: %w", a.backend.Name(), err)
	}
	for _, path := range a.paths {
		p, err := checkpoint.LoadPosition(path) // it may have been pruned
		if err == nil && p.Settings.Freeze != o.Freeze {
			return fmt.Errorf("%s was trained with freeze = %d, by which its batch norms' statistics are averaged, not with %d", path, p.Settings.Freeze, o.Freeze)
		}
		for _, norm := range f.norms {
			if err := checkpoint.CheckNorm(path, data.Norm(norm)); err != nil {
				return err
			}
		}
	}
	for _, r := range f.rows {
		if r.Planes > 0 {
			o.Channels = r.Planes
		}
		for _, path := range a.paths {
			if err := checkpoint.CheckWeights(path, o); err != nil && r.Planes > 0 {
				return err
			}
		}
	}
	for _, b := range f.batches {
		if len(f.side) == 0 {
			continue
		}
		o.Height, o.Width = int(f.side[0]), int(f.side[0])
		if err := o.Validate(); err != nil {
			return err
		}
		if least := min(b.Size, b.Last); least < o.LeastBatch() {
			return fmt.Errorf("of %d batches, the last has 1 sample: %w", b.Count, o.TooFew(least))
		}
	}
	return nil
}

type averaging struct {
	graph   *flow.Graph
	stage   string
	options models.Options
	backend models.Backend
	note    string   // which kind of device that is
	paths   []string // of the checkpoints
	end     int      // epoch of the last
}

func (a *averaging) run(ctx context.Context, in *flow.Reader[*data.Batch], out *flow.Emitter[*checkpoint.Weights]) (err error) {
	var network models.Statistics
	defer func() {
		if network != nil {
			err = errors.Join(err, network.Close())
		}
	}()
	samples := map[string]uint64{}
	for r, err := range in.Values(ctx) {
		if err != nil {
			return err
		}
		if network == nil {
			if network, err = a.open(r.Value); err != nil {
				return err
			}
		}
		if err := network.Add(ctx, r.Value); err != nil {
			return &flow.StageError{Stage: a.stage, Key: r.Key, Err: err}
		}
		for _, s := range r.Value.Samples {
			samples[s.ID] = s.Sum
		}
	}
	if network == nil {
		return nil // the sink has the result already
	}
	weights, err := network.Weights()
	if err != nil {
		return err
	}
	name := checkpoint.AverageName(len(a.paths), a.end)
	return out.Forward(flow.Record[*checkpoint.Weights]{Key: name, Value: &checkpoint.Weights{
		Name: name, Tensors: weights, Inputs: checkpoint.InputsOf(a.paths[len(a.paths)-1]), Samples: samples,
	}})
}

// open averages the checkpoints, one at a time in memory.
func (a *averaging) open(b *data.Batch) (models.Statistics, error) {
	var mean checkpoint.Average
	for _, path := range a.paths {
		weights, err := checkpoint.LoadWeights(path)
		if err == nil {
			if name := notFinite(models.State{Weights: weights}); name != "" {
				err = &statedict.NotFiniteError{Tensor: name}
			}
		}
		if err == nil {
			err = mean.Add(weights)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	if a.note != "" {
		a.graph.Note(a.stage, a.note)
	}
	a.graph.Note(a.stage, fmt.Sprintf("the mean of %d checkpoints, up to epoch %d", len(a.paths), a.end))
	weights, err := mean.Weights()
	if err != nil {
		return nil, err
	}
	a.options.Channels, a.options.Height, a.options.Width = b.C, b.H, b.W
	return a.backend.NewStatistics(a.options, weights)
}
