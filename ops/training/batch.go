package training

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"

	"hpaflow/data"
	"hpaflow/data/mixing"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
)

func batchSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindOp, Name: "batch", Parallel: true,
		Doc: "Gather samples into batches (N,C,H,W), which the network normalises. A batch never spans two epochs. " +
			"Samples of one batch must agree in size and planes, their names too.",
		In: component.Takes(edges.Planes), Out: edges.Batch,
		Groups: func(a component.Args) int { return a.Int("size") },
		Fields: []component.Field{
			{Name: "size", Type: component.Int, Default: 32, Min: 1, Max: 1 << 16, Doc: "samples in a batch"},
			{Name: "drop_last", Type: component.Bool, Default: false, Doc: "whether an epoch's last batch is dropped when it is smaller"},
			{Name: "norm", Type: component.String, Default: string(data.NormFixed), Choices: []string{string(data.NormFixed), string(data.NormPerImage)},
				Doc: "fixed: (x-127.5)/255; per_image: (x-mean)/(std+1e-7) of each plane"},
			{Name: "classes", Type: component.Int, Default: len(data.LabelNames), Min: 1, Max: data.MaxClasses, Doc: "columns of the targets"},
			{Name: "mixup", Type: component.Float, Default: 0.0, Min: 0, Max: mixing.MaxAlpha, Doc: "to train: alpha of the beta distribution of the share that each image, and its targets, keep of themselves; the rest is its partner's, " +
				"sample N-1-i of sample i. As timm's Mixup does batch by batch; drawn from seed, epoch and batch; 0: none"},
			{Name: "cutmix", Type: component.Float, Default: 0.0, Min: 0, Max: mixing.MaxAlpha, Doc: "the same with a box of the partner, as timm's; with both, each batch has one of the two, with probability 1/2"},
		},
		Build: func(n *component.Node) (component.Output, error) {
			gather := n.Stage()
			gather.Name += ".gather"
			groups := flow.Process(component.In[*data.Sample](n, "in"), gather,
				func(ctx context.Context, in *flow.Reader[*data.Sample], out *flow.Emitter[group]) error {
					return gatherGroups(ctx, in, out, n.Args.Int("size"), n.Args.Bool("drop_last"))
				})
			norm := data.Norm(n.Args.String("norm"))
			classes := n.Args.Int("classes")
			mix := mixing.Options{Mixup: n.Args.Float("mixup"), CutMix: n.Args.Float("cutmix")}
			seed := n.Graph.Options().Seed
			var memory batchMemory
			var out flow.Out[*data.Batch]
			out = flow.Map(groups, n.Stage(), func(_ context.Context, r flow.Record[group]) (*data.Batch, error) {
				b, err := fillBatch(r.Value, classes, &memory)
				if err != nil {
					return nil, err
				}
				b.Norm = norm
				if mix.Any() {
					if b.Y == nil {
						return nil, fmt.Errorf("mixup and cutmix mix labels too: %w", unlabelled(b))
					}
					mixed(b, mix.Draw(flow.Rand(seed, r.Epoch, r.Key, "mix"), b.H, b.W), &memory)
				}
				if out.Readers() == 1 {
					b.Lend(memory.put)
				}
				return b, nil
			})
			for _, rows := range flow.Told[edges.Rows](out) {
				out.Tell(batchesOf(len(rows.IDs), n.Args.Int("size"), n.Args.Bool("drop_last")))
			}
			out.Tell(edges.Norm(norm))
			out.Tell(edges.Origin{What: "norm", Identity: edges.Said(n.Args.String("norm"))})
			for _, f := range []string{"mixup", "cutmix"} {
				if alpha := n.Args.Float(f); alpha > 0 {
					out.Tell(edges.Origin{What: f, Identity: edges.Said(fmt.Sprint(alpha))})
				}
			}
			return out, nil
		},
	}
}

// batchesOf are the batches that so many samples make.
func batchesOf(samples, size int, dropLast bool) edges.Batches {
	b := edges.Batches{Count: samples / size, Size: size, Last: size}
	if rest := samples % size; rest > 0 && !dropLast {
		b.Count, b.Last = b.Count+1, rest
	}
	return b
}

// group is the samples of a batch before they are laid into one.
type group struct {
	samples []*data.Sample
	end     int64 // Batch.End
}

// Bytes is the memory the samples hold.
func (g group) Bytes() (n int64) {
	for _, s := range g.samples {
		n += s.Bytes()
	}
	return n
}

// gatherGroups cuts the stream into groups of size. Samples that have failed
// are left out, so that a group is full whenever enough good ones follow.
func gatherGroups(ctx context.Context, in *flow.Reader[*data.Sample], out *flow.Emitter[group], size int, dropLast bool) error {
	var held []*data.Sample
	var first, last flow.Record[*data.Sample]
	var start int64 // number of the pass's first record
	flush := func() error {
		if len(held) == 0 || dropLast && len(held) < size {
			held = nil
			return nil
		}
		number := (first.Seq - start) / int64(size) // where nothing has failed, the batches before this one
		full := flow.Record[group]{
			Seq: first.Seq, Epoch: first.Epoch, Key: fmt.Sprintf("epoch %d batch %d", first.Epoch, number),
			Value: group{held, last.Seq + 1 - start},
		}
		held = nil
		return out.Forward(full)
	}
	for {
		r, err := in.Next(ctx)
		switch {
		case errors.Is(err, io.EOF):
			return flush()
		case err != nil:
			return err
		case r.Mark == flow.EndEpoch:
			if err := flush(); err != nil {
				return err
			}
			start = r.Seq
			if err := out.Forward(flow.Record[group]{Seq: r.Seq, Epoch: r.Epoch, Mark: r.Mark}); err != nil {
				return err
			}
		case r.IsValue():
			if len(held) == 0 {
				first = r
			}
			last = r
			if held = append(held, r.Value); len(held) == size {
				if err := flush(); err != nil {
					return err
				}
			}
		}
	}
}

// fillBatch lays the samples of a group into one batch, in memory that may hold
// anything.
func fillBatch(g group, classes int, memory *batchMemory) (*data.Batch, error) {
	first := g.samples[0]
	im, err := first.Pixels()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", first.ID, err)
	}
	pixels := im.Width * im.Height
	b := &data.Batch{N: len(g.samples), C: len(im.Planes), H: im.Height, W: im.Width, Classes: classes, End: g.end}
	if n := b.N * b.C * pixels; g.deep() {
		b.U16 = memory.deep.get(n)
	} else {
		b.U8 = memory.flat.get(n)
	}
	b.Y = make([]float32, b.N*classes)
	labeled := true
	for i, s := range g.samples {
		if _, err := s.Pixels(); err != nil {
			return nil, fmt.Errorf("%s: %w", s.ID, err)
		}
		if s.Image.Width != im.Width || s.Image.Height != im.Height || len(s.Image.Planes) != len(im.Planes) {
			return nil, fmt.Errorf("%s is %dx%d pixels with %d planes, but %s is %dx%d with %d", s.ID,
				s.Image.Width, s.Image.Height, len(s.Image.Planes), first.ID, im.Width, im.Height, len(im.Planes))
		}
		if !slices.Equal(s.Planes, first.Planes) {
			return nil, fmt.Errorf("%s has the planes %s, but %s has %s: all images of a set need the same, in one order", s.ID,
				strings.Join(data.PlaneNames(s.Planes, b.C), ", "), first.ID, strings.Join(data.PlaneNames(first.Planes, b.C), ", "))
		}
		for c, p := range s.Image.Planes {
			lay(b.Plane(i*b.C+c), p)
		}
		labeled = labeled && s.Labeled
		for _, label := range s.Labels.Numbers() {
			if label >= classes {
				return nil, fmt.Errorf("%s has label %d, but there are %d classes", s.ID, label, classes)
			}
			b.Y[i*classes+label] = 1
		}
		bare := *s
		bare.Image = nil
		b.Samples = append(b.Samples, &bare)
	}
	if !labeled {
		b.Y = nil
	}
	b.Digest = digest(g.samples)
	return b, nil
}

// mixed mixes a batch, whose raw memory goes back where it is normalised.
func mixed(b *data.Batch, m mixing.Mix, memory *batchMemory) {
	if !m.Floats(b) {
		m.Apply(b, nil)
		return
	}
	raw := *b
	m.Apply(b, memory.floats.get(b.Pixels()))
	memory.put(&raw)
}

// deep says whether a sample has more than 8 bits a pixel.
func (g group) deep() bool {
	return slices.ContainsFunc(g.samples, func(s *data.Sample) bool {
		return s.Image != nil && slices.ContainsFunc(s.Image.Planes, func(p data.Plane) bool { return p.U16 != nil })
	})
}

// lay copies a plane. Among samples of 16 bits, one of 8 counts as 257 times its
// value.
func lay(dst, src data.Plane) {
	switch {
	case src.U16 != nil:
		copy(dst.U16, src.U16)
	case dst.U16 != nil:
		for i, v := range src.U8 {
			dst.U16[i] = 257 * uint16(v)
		}
	default:
		copy(dst.U8, src.U8)
	}
}

// digest hashes the samples as data.Batch.Digest says.
func digest(samples []*data.Sample) uint64 {
	h := xxhash.New()
	for _, s := range samples {
		fmt.Fprintf(h, "%s\x00%v\x00%d\x00%dx%d\x00", s.ID, s.Labeled, s.Labels, s.Image.Width, s.Image.Height)
		for _, p := range s.Image.Planes {
			h.Write(p.Raw())
		}
	}
	return h.Sum64()
}
