package embed

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"hpaflow/data"
	"hpaflow/data/embed"
	"hpaflow/data/names"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/models"
	"hpaflow/models/cpu/transformer"
	"hpaflow/models/devices"
	"hpaflow/models/subcell"
	"hpaflow/ops/edges"
	"hpaflow/ops/training"
)

func embedSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindOp, Name: "embed",
		Doc: "Embed images of single cells by SubCell's network: an embedding, the probability of each location, and how much each part of " +
			"the image counted. Each image is stretched to 0..1 by its least and largest value, over all planes that the network reads.",
		In: component.Takes(edges.Planes), Out: edges.Embedding,
		Alone: true,
		Computes: func(a component.Args) (string, error) {
			backend, _, err := devices.Open(onProcessor(a))
			if err != nil {
				return "", err
			}
			return backend.Name(), nil
		},
		Fields: append([]component.Field{
			{Name: "weights", Type: component.String, Bears: component.NoBearing, Doc: "folder of a published model: " + subcell.ConfigName + ", an encoder, and classifiers"},
			{Name: "letters", Type: component.String, Default: "", Choices: append([]string{""}, subcell.Letters()...),
				Doc: "channels of the network's input, in its order: r microtubules, y endoplasmic reticulum, b nucleus, g protein; empty: what the folder says"},
			{Name: "planes", Type: component.Strings, Default: data.Colours[:], Doc: "what an image's planes are, in their order; of red, green, blue and yellow those that the network reads must be there"},
			{Name: "size", Type: component.Int, Default: 0, Min: 0, Max: 1 << 12, Doc: "images are resized to this many pixels square, a multiple of the network's patches; 0: as they are where they are square and such a multiple, else the size that the network was trained on"},
			{Name: "batch", Type: component.Int, Bears: component.NoBearing, Default: 4, Min: 1, Max: 1 << 10, Doc: "images that a device takes at once; the processor takes one after the other, whatever this is"},
			{Name: "flights", Type: component.Int, Bears: component.NoBearing, Default: 0, Min: 0, Max: 1 << 8, Doc: "images in the network at once, each on its share of the cores; 0: what keeps the device busy"},
		}, training.DeviceFields()...),
		Reads: func(a component.Args) []string {
			m, err := subcell.Open(a.String("weights"))
			if err != nil {
				return nil // which Build says
			}
			return m.Files()
		},
		Check: func(a component.Args) []component.FieldFault {
			faults := training.CheckDevice(a)
			if len(faults) == 0 {
				faults = checkProcessor(a)
			}
			return faults
		},
		Build: func(n *component.Node) (component.Output, error) {
			e, err := newEmbedding(n)
			if err != nil {
				return nil, err
			}
			in := component.In[*data.Sample](n, "in")
			prepare := n.Stage()
			prepare.Name += ".prepare"
			step := n.Stage()
			step.Workers = e.flights
			return flow.Map(flow.Map(in, prepare, e.prepare), step, e.embed), nil
		},
	}
}

// onProcessor are the device's options where the processor is the only one.
func onProcessor(a component.Args) devices.Options {
	o := training.DeviceOptions(a)
	if o.Device == devices.Auto {
		o.Device = "cpu"
	}
	return o
}

// checkProcessor refuses what only cards could do: there is no such network for
// them yet.
func checkProcessor(a component.Args) []component.FieldFault {
	o := onProcessor(a)
	if o.Device != "cpu" {
		return []component.FieldFault{{Field: "device", Fault: fmt.Sprintf("is %q, and SubCell's network computes on the processor alone as yet", o.Device), Hint: `device = "cpu"`}}
	}
	if err := o.CheckPrecision(); err != nil {
		return []component.FieldFault{{Field: "precision", Fault: err.Error()}}
	}
	return nil
}

// embedding is a network that embeds, made for the first image.
type embedding struct {
	graph   *flow.Graph
	stage   string
	model   *subcell.Model
	planes  []int // of an image, for each channel of the network
	given   int   // planes of an image
	size    int
	flights int

	// network makes it when it is first asked for: a run that has nothing to do
	// reads no weights.
	network func() (models.Embedder, error)
}

func newEmbedding(n *component.Node) (*embedding, error) {
	backend, _, err := devices.Open(onProcessor(n.Args))
	if err != nil {
		return nil, err
	}
	m, err := component.Once(n, "model", func() (*subcell.Model, error) { return subcell.Open(n.Args.String("weights")) })
	if err != nil {
		return nil, err
	}
	e := &embedding{
		graph: n.Graph, stage: n.Name, model: m, size: n.Args.Int("size"),
		flights: cmp.Or(n.Args.Int("flights"), backend.Flights()), given: len(n.Args.Strings("planes")),
	}
	letters := cmp.Or(n.Args.String("letters"), m.Letters)
	if letters == "" {
		return nil, fmt.Errorf("%s does not say which channels its network of %d reads; set letters to rbg or ybg", n.Args.String("weights"), m.Shape.Channels)
	}
	if len(letters) != m.Shape.Channels {
		return nil, fmt.Errorf("letters is %q, and the network in %s reads %d channels", letters, n.Args.String("weights"), m.Shape.Channels)
	}
	if e.planes, err = planesOf(letters, n.Args.Strings("planes")); err != nil {
		return nil, err
	}
	if e.size%m.Shape.Patch != 0 {
		return nil, fmt.Errorf("size is %d, want a multiple of %d", e.size, m.Shape.Patch)
	}
	e.network = sync.OnceValues(e.open)
	return e, nil
}

// colours are what the letters of channels mean.
var colours = map[rune]string{'r': "red", 'y': "yellow", 'b': "blue", 'g': "green"}

// planesOf gives the place among planes of each letter's channel.
func planesOf(letters string, list []string) (places []int, err error) {
	named, err := names.Planes(list)
	if err != nil {
		return nil, fmt.Errorf("planes are %s: %w", strings.Join(list, ", "), err)
	}
	planes := make([]string, len(named))
	for i, plane := range named {
		planes[i] = plane.Name
	}
	for _, l := range letters {
		at := slices.Index(planes, colours[l])
		if at < 0 {
			return nil, fmt.Errorf("planes are %s, and the network (%s) reads %s, which is not among them", strings.Join(planes, ", "), letters, colours[l])
		}
		places = append(places, at)
	}
	return places, nil
}

// prepare gives a sample the planes that the network reads, in its order and at
// a size that it takes.
func (e *embedding) prepare(_ context.Context, r flow.Record[*data.Sample]) (*data.Sample, error) {
	s := *r.Value
	im, err := s.Pixels()
	if err != nil {
		return nil, err
	}
	if len(im.Planes) != e.given {
		return nil, fmt.Errorf("the image has %d planes, and planes names %d", len(im.Planes), e.given)
	}
	s.Image = e.fit(im)
	return &s, nil
}

// embed gives the embedding of a prepared sample.
func (e *embedding) embed(ctx context.Context, r flow.Record[*data.Sample]) (*embed.Embedding, error) {
	n, err := e.network()
	if err != nil {
		return nil, flow.Fatal(err)
	}
	list, err := n.Embed(ctx, []*data.Image{r.Value.Image})
	if err != nil {
		return nil, err
	}
	for _, values := range [][]float32{list[0].Features, list[0].Probabilities} {
		if !(models.Tensor{Data: values}).Finite() {
			return nil, errors.New("what the network makes of it is no finite number")
		}
	}
	list[0].ID, list[0].Sum = r.Value.ID, r.Value.Sum
	return list[0], nil
}

func (e *embedding) open() (models.Embedder, error) {
	tensors, err := e.model.Load()
	if err != nil {
		return nil, err
	}
	return transformer.New(e.model.Shape, tensors, e.flights)
}
