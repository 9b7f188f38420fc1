package predict

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"hpaflow/data"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/models"
	"hpaflow/models/checkpoint"
	"hpaflow/models/devices"
	"hpaflow/ops/edges"
	"hpaflow/ops/training"
)

func predictSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindOp, Name: "predict",
		Doc: "Predict the probabilities of labels with trained weights: the mean, over 1, 4 or 8 views of each image, of the sigmoid of the logits. " +
			"4 views: the image, flipped left-right, up-down, both; 8: these, and the same of the transposed image.",
		In: component.Takes(edges.Batch), Out: edges.Prediction,
		Alone:    true,
		Computes: training.Computes,
		Fields: append([]component.Field{
			{Name: "weights", Type: component.String, Bears: component.NoBearing, Whole: true, Within: checkpoint.WeightsNames, Doc: "a file of weights (safetensors, .pth), a checkpoint's folder, or a run's, whose best epoch is taken; FILE#KEYS takes the state dict that the keys lead to, such as FILE#state_dict_ema"},
			{Name: "views", Type: component.Int, Default: 8, Min: 1, Max: 8, Doc: "views of an image: 1, 4 or 8"},
			{Name: "batch", Type: component.Int, Bears: component.NoBearing, Default: 32, Min: 1, Max: 1 << 16, Doc: "samples in a batch, at most"},
			{Name: "flights", Type: component.Int, Bears: component.NoBearing, Default: 0, Min: 0, Max: 1 << 10, Doc: "batches in the network at once, each with its own memory; 0: 2, or 1 on a single processor, or 2 on each GPU"},
		}, append(training.NetworkFields(), training.DeviceFields()...)...),
		Reads: func(a component.Args) []string { // the weights themselves, whatever folder leads to them
			file, err := checkpoint.FindWeights(a.String("weights"))
			if err != nil {
				return nil // which Build says
			}
			return []string{file}
		},
		Check: func(a component.Args) []component.FieldFault {
			faults := training.CheckDevice(a)
			if v := a.Int("views"); v != 1 && v != 4 && v != 8 {
				faults = append(faults, component.FieldFault{Field: "views", Fault: fmt.Sprintf("is %d, want 1, 4 or 8", v)})
			}
			return faults
		},
		Build: func(n *component.Node) (component.Output, error) {
			backend, note, err := devices.Open(training.DeviceOptions(n.Args))
			if err != nil {
				return nil, err
			}
			p := &prediction{
				graph: n.Graph, stage: n.Name, options: training.NetworkOptions(n.Args), backend: backend, device: note,
				from: n.Args.String("weights"), views: n.Args.Int("views"), flights: cmp.Or(n.Args.Int("flights"), backend.Flights()),
			}
			in := component.In[*data.Batch](n, "in")
			if err := p.foresee(in); err != nil {
				return nil, err
			}
			step := n.Stage()
			step.Workers = p.flights
			batches := flow.Map(in, step, p.predict)
			rows := n.Stage()
			rows.Name += ".rows"
			return flow.Process(batches, rows, p.singly), nil
		},
	}
}

// prediction is a network that predicts, made for the first batch.
type prediction struct {
	graph   *flow.Graph
	stage   string
	options models.Options
	backend models.Backend
	device  string          // a note on it
	from    string          // where the weights are
	weights []models.Tensor // read before the run where the planes of images are known
	note    string          // which weights these are
	others  string          // in what planes' names differ from what the weights are for
	planes  []string        // of the first batch
	views   int
	flights int

	once    sync.Once
	network models.Network
	err     error
}

// foresee reads the weights, and refuses those of another network or
// normalisation, and images that are too small, before there is any work.
func (p *prediction) foresee(in flow.Out[*data.Batch]) error {
	if side := flow.Told[edges.Side](in); len(side) > 0 {
		o := p.options
		o.Height, o.Width = int(side[0]), int(side[0])
		o.EnsureDefaults()
		if err := o.Validate(); err != nil {
			return err
		}
	}
	for _, names := range flow.Told[edges.PlaneNames](in) {
		if err := p.checkPlanes(names); err != nil {
			return err
		}
	}
	for _, norm := range flow.Told[edges.Norm](in) {
		if err := checkpoint.CheckNorm(p.from, data.Norm(norm)); err != nil {
			return err
		}
	}
	for _, rows := range flow.Told[edges.Rows](in) {
		if rows.Planes > 0 {
			return p.read(rows.Planes)
		}
	}
	_, err := checkpoint.FindWeights(p.from)
	return err
}

func (p *prediction) read(planes int) (err error) {
	p.options.Channels = planes
	p.weights, p.note, err = checkpoint.WeightsFor(p.from, p.options, true)
	return err
}

// checkPlanes compares what the images' planes are called with what the weights are
// for.
func (p *prediction) checkPlanes(names []string) (err error) {
	made := checkpoint.InputsOf(p.from).Planes
	if len(made) != len(names) { // which the weights themselves tell
		return nil
	}
	if p.others, err = data.SamePlanes(made, names); err != nil {
		return fmt.Errorf("%s was trained on other images: %w", p.from, err)
	}
	return nil
}

// otherAttention tells of an attention head that looks at another grid than in
// training. It is no fault: images may be of another size, too.
func (p *prediction) otherAttention() string {
	file, err := checkpoint.FindWeights(p.from)
	if err != nil || !slices.ContainsFunc(p.weights, func(t models.Tensor) bool { return t.Name == "attention.weight" }) {
		return ""
	}
	made, err := checkpoint.PositionNear(file)
	if err != nil || made == nil {
		return ""
	}
	was, is := made.Settings.Attention[0], p.options.AttentionSize
	if was == 0 || was == is {
		return ""
	}
	return fmt.Sprintf("attention_size is %d, and was %d in training", is, was)
}

// batchPlanes are the names of a batch's planes, where they are known.
func batchPlanes(b *data.Batch) []string {
	if len(b.Samples) == 0 {
		return nil
	}
	return data.KnownPlaneNames(b.Samples[0].Planes, b.C)
}

func (p *prediction) open(b *data.Batch) error {
	if err := p.checkPlanes(batchPlanes(b)); err != nil {
		return err
	}
	if p.planes = batchPlanes(b); p.others != "" {
		p.graph.Note(p.stage, p.from+": "+p.others)
	}
	if p.weights == nil || p.options.Channels != b.C {
		if err := p.read(b.C); err != nil {
			return err
		}
	}
	if p.device != "" {
		p.graph.Note(p.stage, p.device)
	}
	if p.note != "" {
		p.graph.Note(p.stage, p.from+": "+p.note)
	}
	if text := p.otherAttention(); text != "" {
		p.graph.Note(p.stage, p.from+": "+text)
	}
	p.options.Height, p.options.Width = b.H, b.W
	var err error
	if p.network, err = p.backend.NewNetwork(p.options, p.flights); err != nil {
		return err
	}
	if _, err := p.network.Load(p.weights); err != nil {
		return fmt.Errorf("%s: %w", p.from, err)
	}
	p.weights = nil
	return nil
}

// predict gives the rows of a batch.
func (p *prediction) predict(ctx context.Context, r flow.Record[*data.Batch]) (predicted, error) {
	b := r.Value
	p.once.Do(func() { p.err = p.open(b) })
	if p.err != nil {
		return nil, flow.Fatal(p.err)
	}
	if !slices.Equal(batchPlanes(b), p.planes) {
		return nil, fmt.Errorf("its planes are %s, and those of the first batch %s", strings.Join(batchPlanes(b), ", "), strings.Join(p.planes, ", "))
	}
	all, err := models.PredictViews(ctx, p.network, b, p.views)
	if err != nil {
		return nil, err
	}
	classes := len(all) / b.N
	rows := make(predicted, b.N)
	for i, s := range b.Samples {
		if slices.ContainsFunc(all[i*classes:(i+1)*classes], func(p float64) bool { return p != p }) {
			return nil, flow.Fatal(fmt.Errorf("what the network in %s makes of %s is no number: its weights are too large", p.from, s.ID))
		}
		rows[i] = &data.Prediction{ID: s.ID, Labels: s.Labels, Labeled: s.Labeled, Split: s.Split, P: all[i*classes : (i+1)*classes], Sum: s.Sum}
	}
	return rows, nil
}

// predicted is the rows of a batch.
type predicted []*data.Prediction

// singly yields rows one by one, and gives the network back after the last.
func (p *prediction) singly(ctx context.Context, in *flow.Reader[predicted], out *flow.Emitter[*data.Prediction]) (err error) {
	defer func() {
		p.once.Do(func() { p.err = errors.New("the run is over") }) // nobody opens it later
		if p.network != nil {
			err = errors.Join(err, p.network.Close())
		}
	}()
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
