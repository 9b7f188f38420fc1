package predict

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"hpaflow/data"
	"hpaflow/data/challenge"
	"hpaflow/data/metrics"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
)

func thresholdSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindOp, Name: "threshold",
		Doc: "Choose a threshold for each label on labelled probabilities, and score them: of 0.05, 0.06 .. 0.99 the first that makes " +
			"the share of samples the label is predicted for closest to the share that have it. Yields one record.",
		In: component.Takes(edges.Prediction), Out: edges.Calibration,
		Build: func(n *component.Node) (component.Output, error) {
			in := component.In[*data.Prediction](n, "in")
			for _, t := range flow.Told[edges.Rows](in) {
				if t.Unlabelled {
					return nil, fmt.Errorf("%s has no labels, which thresholds are chosen by", t.Table)
				}
			}
			return flow.Process(in, n.Stage(),
				func(ctx context.Context, in *flow.Reader[*data.Prediction], out *flow.Emitter[*metrics.Calibration]) error {
					c, err := calibrate(ctx, in)
					if err != nil {
						return err
					}
					return out.Forward(flow.Record[*metrics.Calibration]{Key: "thresholds", Value: c})
				}), nil
		},
	}
}

// calibrate gathers all rows, since a threshold depends on all of them.
func calibrate(ctx context.Context, in *flow.Reader[*data.Prediction]) (*metrics.Calibration, error) {
	var p [][]float64
	var labels []data.Labels
	for r, err := range in.Values(ctx) {
		if err != nil {
			return nil, err
		}
		if !r.Value.Labeled {
			return nil, fmt.Errorf("%s has no labels, which thresholds are chosen by", r.Value.ID)
		}
		p, labels = append(p, r.Value.P), append(labels, r.Value.Labels)
	}
	if len(p) == 0 {
		return nil, errors.New("there are no probabilities to choose thresholds on")
	}
	return metrics.Calibrate(p, labels, len(p[0]))
}

func decideSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindOp, Name: "decide",
		Doc: "Turn probabilities into labels: those above their threshold.",
		In: []component.Port{
			{Name: "in", Type: edges.Prediction, Doc: "the samples to decide on"},
			{Name: "thresholds", Type: edges.Calibration, Doc: "what op threshold yields"},
		},
		Out: edges.Claim,
		Build: func(n *component.Node) (component.Output, error) {
			in, thresholds := component.In[*data.Prediction](n, "in"), component.In[*metrics.Calibration](n, "thresholds")
			if err := sameNetworks(flow.Told[edges.Tables](thresholds), flow.Told[edges.Tables](in)); err != nil {
				return nil, err
			}
			return flow.Process2(in, thresholds, n.Stage(), decide), nil
		},
	}
}

// sameNetworks refuses thresholds that were chosen on the mean of other networks
// than those they are used for: each has a table of both.
func sameNetworks(chosen, used []edges.Tables) error {
	for _, a := range chosen {
		for _, b := range used {
			if len(a) != len(b) {
				return fmt.Errorf("thresholds are chosen on the mean of %d tables (%s), and used on that of %d (%s): each network has one of both, in the same order",
					len(a), strings.Join(a, ", "), len(b), strings.Join(b, ", "))
			}
		}
	}
	return nil
}

func decide(ctx context.Context, in *flow.Reader[*data.Prediction], from *flow.Reader[*metrics.Calibration], out *flow.Emitter[challenge.Row]) error {
	c, err := from.Next(ctx)
	if err != nil {
		return err
	}
	thresholds := c.Value.Thresholds
	for r, err := range in.Values(ctx) {
		if err != nil {
			return err
		}
		if len(r.Value.P) != len(thresholds) {
			return fmt.Errorf("%s has %d probabilities, and there are %d thresholds", r.Value.ID, len(r.Value.P), len(thresholds))
		}
		claim := challenge.Row{ID: r.Value.ID, Labels: metrics.Decide(r.Value.P, thresholds)}
		if err := out.Forward(flow.Record[challenge.Row]{Seq: r.Seq, Key: r.Key, Value: claim}); err != nil {
			return err
		}
	}
	return nil
}
