package crops

import (
	"context"
	"errors"
	"io"

	"hpaflow/data"
	"hpaflow/data/crops"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
)

func cellRowsSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindOp, Name: "cell_rows", Parallel: true, Several: true,
		Doc: "Make a sample without pixels of each cell of a field, ID_LABEL, with the field's labels and split: the rows of the table of what op crop makes " +
			"with the same masks and limits. Images are not read; a field whose mask cannot be is skipped, and is a dead letter of op crop.",
		In: append(component.Takes(edges.Sample, edges.Planes), component.Port{
			Name: "failed", Type: edges.DeadLetter, Optional: true,
			Doc: "run.dead_letters: cells that are among them, or whose field is, have no crop, and no row either; rows come when the run's other work has ended",
		}),
		Out:    edges.Sample,
		Fields: maskFields(),
		Check:  checkMasks,
		Build: func(n *component.Node) (component.Output, error) {
			m, err := openMasks(n)
			if err != nil {
				return nil, err
			}
			find := n.Stage()
			find.Name += ".masks"
			rows := flow.Process(flow.Map(component.In[*data.Sample](n, "in"), find, m.rows), n.Stage(), m.spread)
			if !n.Has("failed") {
				return rows, nil
			}
			gather, keep := n.Stage(), n.Stage()
			gather.Name += ".failed"
			keep.Name += ".made"
			failed := flow.Process(component.In[flow.DeadLetter](n, "failed"), gather, keysOf)
			return flow.Process2(rows, failed, keep, withoutFailed), nil
		},
	}
}

// rows are the samples of a field's cells.
func (m *masks) rows(ctx context.Context, r flow.Record[*data.Sample]) ([]*data.Sample, error) {
	mask, _, err := m.ofSample(ctx, r.Value)
	if err != nil {
		return nil, flow.Skip(err.Error())
	}
	var list []*data.Sample
	for _, c := range mask.Choose(m.wanted) {
		v := r.Value
		list = append(list, &data.Sample{ID: crops.Key(v.ID, c.Label), Labels: v.Labels, Labeled: v.Labeled, Split: v.Split})
	}
	if list == nil {
		return nil, flow.Skip(nothingWanted(mask))
	}
	return list, nil
}

// spread sends the samples of each field on.
func (m *masks) spread(ctx context.Context, in *flow.Reader[[]*data.Sample], out *flow.Emitter[*data.Sample]) error {
	for {
		r, err := in.Next(ctx)
		if errors.Is(err, io.EOF) {
			return m.none()
		}
		if err != nil {
			return err
		}
		if !r.IsValue() {
			if err := out.Forward(flow.Record[*data.Sample]{Seq: r.Seq, Epoch: r.Epoch, Key: r.Key, Dead: r.Dead, Mark: r.Mark}); err != nil {
				return err
			}
			continue
		}
		for _, s := range r.Value {
			if err := out.Emit(s.ID, s); err != nil {
				return err
			}
		}
	}
}
