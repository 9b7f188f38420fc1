package cpu

import (
	"math"

	"hpaflow/models"
	"hpaflow/models/cpu/kernels"
	"hpaflow/models/cpu/pages"
)

// optimizer holds the moments of a list of parameters.
type optimizer struct {
	models.OptimizerOptions
	ws    *kernels.Workspace
	steps int64
	state [][][]float32 // [moment][parameter]
}

func newOptimizer(opts models.OptimizerOptions, ws *kernels.Workspace, params []*param) *optimizer {
	o := &optimizer{OptimizerOptions: opts, ws: ws}
	for range opts.Moments() {
		list := make([][]float32, len(params))
		for i, p := range params {
			list[i] = pages.Make(len(p.data))
		}
		o.state = append(o.state, list)
	}
	return o
}

// step changes every parameter by its gradient.
func (o *optimizer) step(params []*param, grads [][]float32, lr float64) {
	o.steps++
	for i, p := range params {
		if o.Kind == "sgd" {
			kernels.SGD(o.ws, p.data, grads[i], o.state[0][i], kernels.SGDStep{
				LR: lr, Momentum: o.Momentum, WeightDecay: o.WeightDecay, Nesterov: o.Nesterov, First: o.steps == 1,
			})
			continue
		}
		var largest []float32
		if o.AMSGrad {
			largest = o.state[2][i]
		}
		kernels.Adam(o.ws, p.data, grads[i], o.state[0][i], o.state[1][i], largest, kernels.AdamStep{
			LR: lr, Beta1: .9, Beta2: .999, Eps: 1e-8, WeightDecay: o.WeightDecay, Step: o.steps,
		})
	}
}

// clip scales gradients in place so that their L2 norm, of all together, is at
// most the limit, as torch.nn.utils.clip_grad_norm_ does: by
// limit/(norm+1e-6) where that is less than one. The norm is summed in float64,
// in an order that does not depend on threads.
func clip(ws *kernels.Workspace, grads [][]float32, limit float64) {
	const small = 1e-6
	var squares float64
	for _, g := range grads {
		squares += kernels.SumOfSquares(ws, g)
	}
	by := limit / (math.Sqrt(squares) + small)
	if by >= 1 {
		return
	}
	for _, g := range grads {
		kernels.Scale(ws, g, float32(by))
	}
}
