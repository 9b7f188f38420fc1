//go:build gpu && linux

package gpu

import (
	"errors"
	"fmt"
	"slices"

	"hpaflow/models/gpu/cuda"
	"hpaflow/models/gpu/dnn"
	"hpaflow/models/gpu/kernels"
	"hpaflow/models/gpu/plan"
)

// choose finds an algorithm for every convolution of the programs that has none
// yet, each by the largest batch. It overwrites results and gradients, which are
// nothing between steps, and sums of gradients it leaves alone.
func (e *engine) choose() error {
	if e.ready {
		return nil
	}
	for _, p := range e.programs {
		for _, s := range p.Steps {
			kind, shape, at, ok := e.convolution(p, s.Op, p.Batch)
			if !ok {
				continue
			}
			if err := e.chooseOne(convKey{kind, shape}, at); err != nil {
				return fmt.Errorf("%s: %w", s.Name, err)
			}
		}
	}
	e.ready = true
	return nil
}

func (e *engine) chooseOne(k convKey, at operands) error {
	e.chosen.finding.Lock()
	defer e.chosen.finding.Unlock()
	if _, found := e.chosen.find(e.card.Name, k); found {
		return nil
	}
	free, _, err := e.card.MemInfo()
	if err != nil {
		return err
	}
	limit := min(workspaceLimit, free*3/4)
	list, err := e.dnn.Find(k.kind, k.shape, e.chosen.deterministic, limit, at.x, at.w, at.y)
	if err != nil && !errors.Is(err, dnn.ErrNoAlgorithm) {
		return err
	}
	if len(list) > 0 && k.shape.Groups == 1 { // which cuDNN does best
		e.chosen.add(e.card.Name, k, list[0])
		return nil
	}
	by, err := e.timeOwn(k, at)
	if err != nil {
		return err
	}
	if len(list) > 0 && list[0].Time <= by.Time {
		by = list[0]
	}
	e.chosen.add(e.card.Name, k, by)
	return nil
}

// own is the number of our own kernels among algorithms: cuDNN's begin with 0.
const own = -1

// timeOwn measures our own kernels, which are worth it where groups are small.
func (e *engine) timeOwn(k convKey, at operands) (dnn.Choice, error) {
	by := dnn.Choice{Algo: own, Workspace: ownScratch(k), Deterministic: true}
	if err := e.room(by.Workspace); err != nil {
		return by, err
	}
	c := &convolver{key: k, bytes: by.Workspace}
	var marks [2]cuda.Event
	for i := range marks {
		var err error
		if marks[i], err = e.card.NewEvent(true); err != nil {
			return by, err
		}
		defer marks[i].Destroy()
	}
	for i := range 3 { // the first is not counted
		if err := marks[0].Record(e.compute); err != nil {
			return by, err
		}
		if err := c.run(e, at, false); err != nil {
			return by, err
		}
		if err := errors.Join(marks[1].Record(e.compute), marks[1].Synchronize()); err != nil {
			return by, err
		}
		took, err := marks[1].Elapsed(marks[0])
		if err != nil {
			return by, err
		}
		if i == 1 || i > 1 && took < by.Time {
			by.Time = took
		}
	}
	return by, nil
}

// ownScratch is the memory that our own kernels need beside the tensors.
func ownScratch(k convKey) int64 {
	if k.kind == dnn.BackwardWeights {
		return kernels.ConvScratch(ownShape(k.shape))
	}
	return 0
}

func ownShape(s dnn.Shape) kernels.Conv {
	return kernels.Conv{
		N: s.N, C: s.C, H: s.H, W: s.W, K: s.K, R: s.R, S: s.S,
		StrideH: s.StrideH, StrideW: s.StrideW, PadH: s.PadH, PadW: s.PadW, Groups: s.Groups,
	}
}

// convolver is a convolution ready to run: cuDNN's, or our own.
type convolver struct {
	key   convKey
	cudnn *dnn.Conv // nil for our own
	bytes int64     // of the workspace
}

// run gives the card the convolution; with add the result is added to what is
// there, which only gradients of inputs ask for.
func (c *convolver) run(e *engine, at operands, add bool) error {
	if c.cudnn != nil {
		beta := float32(0)
		if add {
			beta = 1
		}
		return e.dnn.Run(c.cudnn, at.x, at.w, at.y, e.memory.workspace, c.bytes, 1, beta)
	}
	s := ownShape(c.key.shape)
	t := kernels.F32
	if c.key.shape.Type == dnn.BF16 {
		t = kernels.BF16
	}
	x := kernels.Mat{Ptr: at.x, Type: t, Rows: s.N * s.H * s.W, C: s.C, Stride: s.C}
	y := kernels.Mat{Ptr: at.y, Type: t, Rows: s.N * s.OutH() * s.OutW(), C: s.K, Stride: s.K}
	switch c.key.kind {
	case dnn.Forward:
		return e.kernels.ConvForward(e.compute, s, y, x, at.w)
	case dnn.BackwardData:
		return e.kernels.ConvBackwardData(e.compute, s, x, y, at.w, add)
	}
	return e.kernels.ConvBackwardWeights(e.compute, s, at.w, t, x, y, e.memory.workspace)
}

func (c *convolver) destroy() error {
	if c.cudnn == nil {
		return nil
	}
	return c.cudnn.Destroy()
}

// prepare makes a convolution ready to run, by the algorithm that was chosen for
// the largest batch. Where cuDNN does not have that for fewer samples, it is the
// first by number that it has: so that it is the same each time.
func (e *engine) prepare(kind dnn.Kind, shape dnn.Shape, batch int, at operands) (*convolver, error) {
	key := convKey{kind, shape}
	if c := e.convs[key]; c != nil {
		return c, nil
	}
	largest := shape
	largest.N = batch
	by, found := e.chosen.find(e.card.Name, convKey{kind, largest})
	if !found {
		return nil, errors.New("no algorithm was chosen")
	}
	c := &convolver{key: key}
	if by.Algo == own {
		c.bytes = ownScratch(key)
	} else {
		conv, err := e.dnn.Prepare(kind, shape, by)
		if err != nil && shape.N != batch {
			list, other := e.dnn.Find(kind, shape, e.chosen.deterministic, workspaceLimit, at.x, at.w, at.y)
			if other != nil {
				return nil, errors.Join(err, other)
			}
			first := slices.MinFunc(list, func(a, b dnn.Choice) int { return (a.Algo-b.Algo)*16 + a.Math - b.Math })
			conv, err = e.dnn.Prepare(kind, shape, first)
		}
		if err != nil {
			return nil, err
		}
		c.cudnn, c.bytes = conv, conv.Workspace()
	}
	if err := e.room(c.bytes); err != nil {
		return nil, errors.Join(err, c.destroy())
	}
	e.convs[key] = c
	return c, nil
}

// forget lets go of all algorithms, so that others can be put in their place.
func (e *engine) forget() error {
	err := e.card.Synchronize()
	for key, b := range e.bounds {
		err = errors.Join(err, b.drop())
		delete(e.bounds, key)
	}
	for key, c := range e.convs {
		err = errors.Join(err, c.destroy())
		delete(e.convs, key)
	}
	e.ready = false
	return err
}

// operands are the addresses of a convolution's tensors.
type operands struct{ x, w, y cuda.Ptr }

// convolution is what an operation that is one asks of cuDNN.
func (e *engine) convolution(p *plan.Program, op plan.Op, n int) (dnn.Kind, dnn.Shape, operands, bool) {
	switch o := op.(type) {
	case *plan.Conv:
		return dnn.Forward, e.precision.shape(o.Shape, n), operands{e.at(p, o.X), e.convWeights(o.Weights), e.at(p, o.Y)}, true
	case *plan.ConvData:
		return dnn.BackwardData, e.precision.shape(o.Shape, n), operands{e.at(p, o.DX), e.convWeights(o.Weights), e.at(p, o.DY)}, true
	case *plan.ConvWeights:
		return dnn.BackwardWeights, e.precision.shape(o.Shape, n), operands{e.at(p, o.X), e.convGrad(o.Weights), e.at(p, o.DY)}, true
	}
	return 0, dnn.Shape{}, operands{}, false
}
