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

const (
	zeroBackground = "zero"
	keepBackground = "keep"
)

func cropSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindOp, Name: "crop", Parallel: true, Several: true,
		Doc: "Make a sample of each cell of a field, ID_LABEL, by the label of the cell in the field's mask, in the order of labels: a square of pixels " +
			"with the cell's box in its middle, 0 beyond the field. Labels and split are the field's. Pixels are as they are, but of cells that shrink. " +
			"A mask that is missing, or of another size than the image, is a dead letter of the field; a field without cells is skipped.",
		In: component.Takes(edges.Planes), Out: edges.Planes,
		Fields: append(maskFields(),
			component.Field{Name: "size", Type: component.Int, Min: 1, Max: 1 << 13, Doc: "side of a crop, in pixels"},
			component.Field{Name: "background", Type: component.String, Default: zeroBackground, Choices: []string{zeroBackground, keepBackground},
				Doc: "pixels around the cell: zero, or keep what is there, other cells too"},
			component.Field{Name: "larger", Type: component.String, Default: crops.Refuse, Choices: crops.Larger,
				Doc: "cells larger than the square: refuse, a dead letter that says what size they have; trim, the middle of their box; shrink, as OpenCV's INTER_LINEAR does"},
			component.Field{Name: "most", Type: component.Int, Default: 0, Min: 0, Max: 1 << 30, Doc: "the first so many crops, and no more; 0: all"},
		),
		Check: checkMasks,
		Build: func(n *component.Node) (component.Output, error) {
			m, err := openMasks(n)
			if err != nil {
				return nil, err
			}
			c := &cropping{
				masks: m, node: n, most: n.Args.Int("most"),
				square: crops.Square{Size: n.Args.Int("size"), KeepRest: n.Args.String("background") == keepBackground, Larger: n.Args.String("larger")},
			}
			if c.most == 0 {
				n.Graph.OnSeveral(n.Name, m.several)
			}
			find := n.Stage()
			find.Name += ".masks"
			out := flow.Process(flow.Map(component.In[*data.Sample](n, "in"), find, c.find), n.Stage(), c.run)
			out.Tell(edges.Side(c.square.Size))
			return out, nil
		},
	}
}

// cropping makes crops of fields.
type cropping struct {
	*masks
	node   *component.Node
	square crops.Square
	most   int
}

// field is a sample with its cells.
type field struct {
	*data.Sample
	mask  *crops.Mask
	cells []crops.Cell
	sum   uint64 // of what its crops are made from
}

// Bytes is the memory of both.
func (f *field) Bytes() int64 { return f.Sample.Bytes() + f.mask.Bytes() }

// find finds the cells of a field.
func (c *cropping) find(ctx context.Context, r flow.Record[*data.Sample]) (*field, error) {
	im, err := r.Value.Pixels()
	if err != nil {
		return nil, err
	}
	mask, sum, err := c.ofSample(ctx, r.Value)
	if err != nil {
		return nil, err
	}
	f := &field{Sample: r.Value, mask: mask, cells: mask.Choose(c.wanted), sum: together(r.Value.Sum, sum)}
	if err := mask.Fits(im); err != nil {
		return nil, flow.OfFile(c.fileOf(r.Value.ID), err)
	}
	if len(f.cells) == 0 {
		return nil, flow.Skip(nothingWanted(mask))
	}
	return f, nil
}

// nothingWanted is why a field has no crops.
func nothingWanted(m *crops.Mask) string {
	if len(m.Cells) == 0 {
		return "its mask has no cells"
	}
	return "none of the cells of its mask is wanted: see min_area, max_area and border"
}

func (c *cropping) run(ctx context.Context, in *flow.Reader[*field], out *flow.Emitter[*data.Sample]) error {
	left := c.most
	for {
		r, err := in.Next(ctx)
		if errors.Is(err, io.EOF) {
			return c.none()
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
		held := c.node.Graph.Held(c.node.Name, r.Key)
		for _, cell := range r.Value.cells {
			key := crops.Key(r.Value.ID, cell.Label)
			if held[key] {
				continue
			}
			s, err := c.crop(r.Value, cell, key)
			if err != nil {
				err = out.Fail(key, err)
			} else {
				err = out.Emit(key, s)
			}
			if err != nil {
				return err
			}
			if left--; left == 0 {
				return nil
			}
		}
	}
}

func (c *cropping) crop(f *field, cell crops.Cell, key string) (*data.Sample, error) {
	im, err := c.square.Cut(f.Image, f.mask, cell)
	return &data.Sample{ID: key, Planes: f.Planes, Labels: f.Labels, Labeled: f.Labeled, Split: f.Split, Sum: f.sum, Image: im}, err
}
