package crops

import (
	"context"
	"errors"
	"fmt"
	"io"

	"hpaflow/data"
	"hpaflow/data/crops"
	"hpaflow/data/table"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
)

func cellClaimsSpec() *component.Spec {
	fields := maskFields()
	return &component.Spec{
		Kind: flow.KindOp, Name: "cell_claims",
		Doc: "Put the probabilities of crops, ID_LABEL, together by field, each with the cell's mask: what a submission to the challenge of 2021 claims. " +
			"A crop whose cell is not in the mask of its field, and a field whose mask is missing, are faults.",
		In: component.Takes(edges.Prediction), Out: edges.CellClaims,
		Fields: append([]component.Field{fields[0], fields[1], fields[5]},
			component.Field{Name: "order", Type: component.InputFile, Default: "", Doc: "CSV with ID, ImageWidth, ImageHeight, PredictionString, as the challenge's sample_submission.csv: its fields in their order, " +
				"those without crops with nothing claimed; empty: the fields that there are crops of, as they come"},
			component.Field{Name: "least", Type: component.Float, Default: 0.01, Min: 0, Max: 1, Doc: "labels that are less probable are not claimed of a cell"},
		),
		Build: func(n *component.Node) (component.Output, error) {
			m, err := openClaimed(n)
			if err != nil {
				return nil, err
			}
			c := &claiming{masks: m, least: n.Args.Float("least"), cells: map[string][]cellClaim{}}
			if path := n.Args.String("order"); path != "" {
				if c.order, err = crops.ReadTable(path, table.Limit(n.Limits().MaxRows)); err != nil {
					return nil, err
				}
			}
			return flow.Process(component.In[*data.Prediction](n, "in"), n.Stage(), c.run), nil
		},
	}
}

// openClaimed is openMasks for a node that takes whatever cells there are.
func openClaimed(n *component.Node) (*masks, error) {
	all := *n
	all.Args = component.Args{"min_area": 1, "max_area": 0, "border": keepBorder}
	for name, v := range n.Args {
		all.Args[name] = v
	}
	return openMasks(&all)
}

// claiming gathers probabilities, which are small, by field.
type claiming struct {
	*masks
	least float64
	order *crops.Table // nil: none
	ids   []string     // of fields, as they come
	cells map[string][]cellClaim
}

type cellClaim struct {
	label uint32 // of the cell
	p     []float64
}

func (c *claiming) run(ctx context.Context, in *flow.Reader[*data.Prediction], out *flow.Emitter[*crops.Field]) error {
	for {
		r, err := in.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if !r.IsValue() {
			continue // of tables, which have no faults of records
		}
		field, label, ok := crops.SplitKey(r.Value.ID)
		if !ok {
			return fmt.Errorf("%s is not called as a crop, ID_LABEL", r.Value.ID)
		}
		if c.cells[field] == nil {
			c.ids = append(c.ids, field)
		}
		c.cells[field] = append(c.cells[field], cellClaim{label, r.Value.P})
	}
	ids := c.ids
	if c.order != nil {
		ids = c.order.IDs()
		if err := c.checkOrder(); err != nil {
			return err
		}
	}
	for _, id := range ids {
		f, err := c.field(ctx, id)
		if err != nil {
			err = out.Fail(id, err)
		} else {
			err = out.Emit(id, f)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// checkOrder refuses fields that the order has not.
func (c *claiming) checkOrder() error {
	var strangers []string
	for _, id := range c.ids {
		if width, _ := c.order.Size(id); width == 0 {
			strangers = append(strangers, id)
		}
	}
	if strangers == nil {
		return nil
	}
	return &component.InputError{Err: fmt.Errorf("there are crops of fields that the order has not: %s", data.Enumerate(strangers))}
}

// field is what is claimed of a field's cells, by cell and then by label.
func (c *claiming) field(ctx context.Context, id string) (*crops.Field, error) {
	f := &crops.Field{ID: id}
	if c.order != nil {
		f.Width, f.Height = c.order.Size(id)
	}
	if len(c.cells[id]) == 0 {
		return f, nil
	}
	mask, _, err := c.of(ctx, id)
	if err != nil {
		return nil, err
	}
	if f.Width > 0 && (f.Width != mask.Width || f.Height != mask.Height) {
		return nil, flow.OfFile(c.fileOf(id), fmt.Errorf("the mask is %dx%d pixels, and the order says %dx%d", mask.Width, mask.Height, f.Width, f.Height))
	}
	f.Width, f.Height = mask.Width, mask.Height
	for _, claim := range c.cells[id] {
		cell, found := mask.Cell(claim.label)
		if !found {
			return nil, flow.OfFile(c.fileOf(id), fmt.Errorf("the mask has no cell %d, of which there is a crop", claim.label))
		}
		text := mask.RLE(cell).String()
		for label, p := range claim.p {
			if p >= c.least {
				f.Claims = append(f.Claims, crops.Claim{Label: label, Confidence: p, Mask: text})
			}
		}
	}
	return f, nil
}
