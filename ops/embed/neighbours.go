package embed

import (
	"context"
	"fmt"
	"slices"

	"hpaflow/data/embed"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/models/cpu/kernels"
	"hpaflow/ops/edges"
)

func neighboursSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindOp, Name: "neighbours",
		Doc: "Find for each cell those whose embeddings are nearest, by the cosine of the angle between: all of them are compared, block by block. " +
			"Their values are kept in memory, as float32.",
		In: component.Takes(edges.Embedded), Out: edges.Neighbours,
		Fields: []component.Field{
			{Name: "k", Type: component.Int, Default: 10, Min: 1, Max: 1 << 12, Doc: "neighbours of a cell, at most; it is none of its own"},
		},
		Build: func(n *component.Node) (component.Output, error) {
			k := n.Args.Int("k")
			return flow.Process(component.In[*embed.Row](n, "in"), n.Stage(), func(ctx context.Context, in *flow.Reader[*embed.Row], out *flow.Emitter[*embed.Neighbours]) error {
				c := &cosines{k: k, ws: kernels.NewWorkspace()}
				for r, err := range in.Values(ctx) {
					if err != nil {
						return err
					}
					if err := c.add(r.Value); err != nil {
						return err
					}
				}
				return c.each(func(n *embed.Neighbours) error {
					if ctx.Err() != nil {
						return context.Cause(ctx)
					}
					return out.Emit(n.ID, n)
				})
			}), nil
		},
	}
}

// How many cells are looked for at once, among how many.
const (
	soughtAtOnce = 1024
	amongAtOnce  = 512
)

// cosines are cells to be compared, each scaled to length 1.
type cosines struct {
	k    int
	ws   *kernels.Workspace
	ids  []string
	rows [][]float32
}

func (c *cosines) add(r *embed.Row) error {
	if len(c.rows) > 0 && len(r.Features) != len(c.rows[0]) {
		return fmt.Errorf("%s has %d values, %s has %d", r.ID, len(r.Features), c.ids[0], len(c.rows[0]))
	}
	row := slices.Clone(r.Features) // others may read the cell, too
	embed.Unit(row)
	c.ids, c.rows = append(c.ids, r.ID), append(c.rows, row)
	return nil
}

// each gives the neighbours of each cell in their order. A block of cells is a
// linear layer: its weights are their values, and what it makes of others the
// cosines.
func (c *cosines) each(yield func(*embed.Neighbours) error) error {
	if len(c.rows) == 0 {
		return nil
	}
	values := len(c.rows[0])
	weights := make([]float32, amongAtOnce*values)
	for from := 0; from < len(c.rows); from += soughtAtOnce {
		sought := c.rows[from:min(len(c.rows), from+soughtAtOnce)]
		x := inBlocks(sought, values)
		nearest := make([]*embed.Nearest, len(sought))
		for i := range nearest {
			nearest[i] = embed.NewNearest(c.k)
		}
		for first := 0; first < len(c.rows); first += amongAtOnce {
			among := c.rows[first:min(len(c.rows), first+amongAtOnce)]
			layer, err := kernels.NewConv(kernels.ConvShape{In: values, Out: len(among), H: 1, W: len(sought), KH: 1, KW: 1})
			if err != nil {
				return err
			}
			for i, row := range among {
				copy(weights[i*values:], row)
			}
			y := make([]float32, layer.OutSize())
			layer.Forward(c.ws, 1, y, x, weights[:len(among)*values])
			c.ws.Each(len(sought), func(i int) {
				for j := range among {
					cosine := y[(j/kernels.Lanes*len(sought)+i)*kernels.Lanes+j%kernels.Lanes]
					if first+j != from+i && cosine > nearest[i].Least() {
						nearest[i].Add(first+j, cosine)
					}
				}
			})
		}
		for i, found := range nearest {
			n := &embed.Neighbours{ID: c.ids[from+i]}
			found.Each(func(at int, cosine float32) { n.Near = append(n.Near, embed.Neighbour{ID: c.ids[at], Cosine: cosine}) })
			if err := yield(n); err != nil {
				return err
			}
		}
	}
	return nil
}

// inBlocks lays cells out as the kernels have tokens.
func inBlocks(rows [][]float32, values int) []float32 {
	x := make([]float32, kernels.Blocks(values)*kernels.Lanes*len(rows))
	for i, row := range rows {
		for c, v := range row {
			x[(c/kernels.Lanes*len(rows)+i)*kernels.Lanes+c%kernels.Lanes] = v
		}
	}
	return x
}
