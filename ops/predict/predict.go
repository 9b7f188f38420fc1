package predict

import (
	"context"
	"fmt"
	"runtime"
	"sync"

	"hpaflow/data"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/models"
	"hpaflow/models/checkpoint"
	"hpaflow/models/cpu"
	"hpaflow/ops/edges"
	"hpaflow/ops/training"
)

func predictSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindOp, Name: "predict",
		Doc: "Predict the probabilities of labels with trained weights: the mean, over 1, 4 or 8 views of each image, of the sigmoid of the logits. " +
			"4 views: the image, flipped left-right, up-down, both; 8: these, and the same of the transposed image.",
		In: component.Takes(edges.Batch), Out: edges.Prediction,
		Fields: append([]component.Field{
			{Name: "weights", Type: component.String, Bears: component.ByFile, Doc: "a file of weights (safetensors, .pth) or a checkpoint's folder"},
			{Name: "views", Type: component.Int, Default: 8, Min: 1, Max: 8, Doc: "views of an image: 1, 4 or 8"},
			{Name: "batch", Type: component.Int, Bears: component.NoBearing, Default: 32, Min: 1, Max: 1 << 16, Doc: "samples in a batch, at most"},
			{Name: "flights", Type: component.Int, Bears: component.NoBearing, Default: 0, Min: 0, Max: 1 << 10, Doc: "batches in the network at once, each with its own memory; 0: 2, or 1 on a single processor"},
		}, training.NetworkFields()...),
		Check: func(a component.Args) []component.FieldFault {
			if v := a.Int("views"); v != 1 && v != 4 && v != 8 {
				return []component.FieldFault{{Field: "views", Fault: fmt.Sprintf("is %d, want 1, 4 or 8", v)}}
			}
			return nil
		},
		Build: func(n *component.Node) (component.Output, error) {
			weights, err := checkpoint.LoadWeights(n.Args.String("weights"))
			if err != nil {
				return nil, err
			}
			p := &prediction{options: training.NetworkOptions(n.Args), weights: weights, from: n.Args.String("weights"), views: n.Args.Int("views"), flights: n.Args.Int("flights")}
			if p.flights == 0 {
				p.flights = min(2, runtime.GOMAXPROCS(0))
			}
			step := n.Stage()
			step.Workers = p.flights
			batches := flow.Map(component.In[*data.Batch](n, "in"), step, p.predict)
			rows := n.Stage()
			rows.Name += ".rows"
			return flow.Process(batches, rows, singly), nil
		},
	}
}

// prediction is a network that predicts, made for the first batch.
type prediction struct {
	options models.Options
	weights []models.Tensor
	from    string
	views   int
	flights int

	once    sync.Once
	network *cpu.Predictor
	err     error
}

func (p *prediction) open(b *data.Batch) {
	p.options.Channels, p.options.Height, p.options.Width = b.C, b.H, b.W
	if p.network, p.err = cpu.NewPredictor(p.options, p.flights); p.err != nil {
		return
	}
	if _, err := p.network.Load(p.weights); err != nil {
		p.err = fmt.Errorf("%s: %w", p.from, err)
	}
	p.weights = nil
}

// predict gives the rows of a batch.
func (p *prediction) predict(ctx context.Context, r flow.Record[*data.Batch]) (predicted, error) {
	b := r.Value
	p.once.Do(func() { p.open(b) })
	if p.err != nil {
		return nil, flow.Fatal(p.err)
	}
	all, err := models.PredictViews(ctx, p.network.Predict, b, p.views)
	if err != nil {
		return nil, err
	}
	classes := len(all) / b.N
	rows := make(predicted, b.N)
	for i, s := range b.Samples {
		rows[i] = &data.Prediction{ID: s.ID, Labels: s.Labels, Labeled: s.Labeled, Split: s.Split, P: all[i*classes : (i+1)*classes], Sum: s.Sum}
	}
	return rows, nil
}

// predicted is the rows of a batch.
type predicted []*data.Prediction

// singly yields rows one by one.
func singly(ctx context.Context, in *flow.Reader[predicted], out *flow.Emitter[*data.Prediction]) error {
	seq := int64(0)
	for r, err := range in.Values(ctx) {
		if err != nil {
			return err
		}
		for _, row := range r.Value {
			if err := out.Forward(flow.Record[*data.Prediction]{Seq: seq, Key: row.ID, Value: row}); err != nil {
				return err
			}
			seq++
		}
	}
	return nil
}
