//go:build gpu && linux

package gpu

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"hpaflow/models"
	"hpaflow/models/gpu/cuda"
	"hpaflow/models/gpu/plan"
	"hpaflow/models/network"
)

// Finding is what was found of one kernel or convolution on a card.
type Finding struct {
	Card          int           `json:"card"`
	Precision     string        `json:"precision"`
	Name          string        `json:"name"`  // of the operation
	Shape         string        `json:"shape"` // what tells it from others of its name
	Error         float64       `json:"error"` // distance from float64 arithmetic, as a share of the result's length
	Limit         float64       `json:"limit"`
	Deterministic bool          `json:"deterministic"` // done twice it gave the same bits
	Time          time.Duration `json:"time_ns"`       // on the card
	OK            bool          `json:"ok"`
	Fault         string        `json:"fault,omitempty"`
}

// Checked is all that Check found.
type Checked struct {
	Listing  Listing   `json:"listing"`
	Quick    bool      `json:"quick"`
	Findings []Finding `json:"findings"`
	OK       bool      `json:"ok"`
}

// CheckOptions say what is checked.
type CheckOptions struct {
	Quick bool  // on small images
	Cards []int // none are all there are

	// Networks and precisions to be checked; none are all there are.
	Networks, Precisions []string

	// Found, if it is set, hears of each finding at once.
	Found func(Finding)
}

// Check does every operation of the networks on the cards, in each precision
// that they have, and compares it with plain float64 arithmetic on the same
// inputs: training and predicting, each shape once. An error is of a check that
// could not be done; a finding that is not OK, or a library that is not there,
// only makes the result so.
func Check(ctx context.Context, o CheckOptions) (*Checked, error) {
	r := &Checked{Listing: List(), Quick: o.Quick, Findings: []Finding{}, OK: true}
	if l := r.Listing; l.Driver.Error != "" || l.CuDNN.Error != "" || len(l.Cards) == 0 || len(l.Cards) > 1 && l.NCCL.Error != "" {
		r.OK = false
	}
	if r.Listing.Driver.Error != "" || r.Listing.CuDNN.Error != "" {
		return r, nil
	}
	if len(o.Networks) == 0 {
		o.Networks = network.OnCards()
	}
	if len(o.Precisions) == 0 {
		o.Precisions = []string{string(fp32), string(tf32), string(bf16)}
	}
	note := func(f Finding) {
		r.OK = r.OK && f.OK
		r.Findings = append(r.Findings, f)
		if o.Found != nil {
			o.Found(f)
		}
	}
	for _, listed := range r.Listing.Cards {
		if listed.Error != "" || len(o.Cards) > 0 && !slices.Contains(o.Cards, listed.Index) {
			continue
		}
		info, err := cuda.Describe(listed.Index)
		if err != nil {
			return r, err
		}
		for _, name := range o.Precisions {
			p, err := precisionFor(name, []cuda.Info{info})
			if err != nil && !slices.Contains([]precision{tf32, bf16}, precision(name)) {
				return r, err
			}
			if err != nil {
				continue // an older card has fp32 only
			}
			seen := map[string]bool{}
			for _, model := range o.Networks {
				if err := checkNetwork(ctx, info, p, model, o.Quick, seen, note); err != nil {
					return r, fmt.Errorf("check: %s in %s: %w", model, name, err)
				}
			}
		}
	}
	return r, nil
}

// checkNetwork checks a network's programs, but for what has been seen.
func checkNetwork(ctx context.Context, info cuda.Info, p precision, model string, quick bool, seen map[string]bool, note func(Finding)) (err error) {
	o := models.Options{Model: model, Height: 512, Width: 512, Batch: 4, AttentionSize: 7, AuxAttentionSize: 14, Loss: "focal"}
	if quick {
		o.Height, o.Width, o.Batch, o.AttentionSize, o.AuxAttentionSize = 96, 96, 3, 2, 5
	}
	o.EnsureDefaults()
	e, err := newEngine(info, &choices{deterministic: true}, func(free int64) (spec, error) {
		s := spec{options: o, precision: p, moments: 3, slots: 1}
		return s, s.plan(free, plan.Predict, plan.Train)
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.close()) }()
	return e.do(func() error {
		c := &checker{engine: e, ctx: ctx, random: rand.New(rand.NewPCG(1, 2)), seen: seen, note: note}
		if err := c.begin(); err != nil {
			return err
		}
		for _, program := range []*plan.Program{e.program(plan.Train), e.program(plan.Predict)} {
			if err := c.check(program); err != nil {
				return err
			}
		}
		return c.rest()
	})
}

// key tells operations apart that are not the same but for their place.
func (c *checker) key(p *plan.Program, op plan.Op) string {
	text := fmt.Sprintf("%T", op)[len("*plan."):]
	switch o := op.(type) {
	case *plan.Conv:
		return text + " " + shapeText(o.Shape)
	case *plan.ConvData:
		return fmt.Sprintf("%s %s add %v", text, shapeText(o.Shape), o.Add)
	case *plan.ConvWeights:
		return text + " " + shapeText(o.Shape)
	case *plan.Apply:
		text = fmt.Sprintf("%s relu %v norm of what is added %v", text, o.ReLU, o.ResidualNorm != plan.NoNorm)
	case *plan.NormBackward:
		text = fmt.Sprintf("%s cut %d", text, o.Cut)
	case *plan.MaxPool:
		text = fmt.Sprintf("%s %+v norm %v", text, o.Shape, o.Norm != plan.NoNorm)
	case *plan.SqueezeExcite:
		text = fmt.Sprintf("%s norm %v means %v", text, o.Norm != plan.NoNorm, o.Means)
	case *plan.SqueezeExciteBackward:
		text = fmt.Sprintf("%s norm %v", text, o.Norm != plan.NoNorm)
	case *plan.AveragePool3:
		text = fmt.Sprintf("%s add %v", text, o.Add)
	}
	for _, id := range p.Touches(op) {
		v := p.Value(id)
		text += fmt.Sprintf(" %dx%dx%d", v.H, v.W, v.C)
		if v.Stride != v.C {
			text += fmt.Sprintf("/%d", v.Stride)
		}
	}
	return text
}

func shapeText(s plan.ConvShape) string {
	return fmt.Sprintf("%dx%dx%d to %d by %dx%d stride %dx%d pad %dx%d groups %d", s.H, s.W, s.C, s.K, s.R, s.S, s.StrideH, s.StrideW, s.PadH, s.PadW, s.Groups)
}
