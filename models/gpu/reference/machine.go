package reference

import (
	"fmt"

	"hpaflow/models/gpu/plan"
)

// Memory is where a step's values lie: those of N samples as packed rows of
// channels, parameters as they lie on a card.
type Memory interface {
	Value(plan.ID) []float64
	SetValue(plan.ID, []float64)

	Param(int) []float64
	SetGradient(int, []float64)

	// Moments are a norm's, of its last Stats: mean, 1/sqrt(variance+eps), scale
	// and offset, by channel.
	Moments(norm int) [4][]float64
	SetMoments(norm int, m [4][]float64)

	// Running are a norm's running mean and variance.
	Running(norm int) [2][]float64
	SetRunning(norm int, r [2][]float64)

	Targets() []float64
	SetLoss(float64)
}

// Machine does steps of a program.
type Machine struct {
	Program  *plan.Program
	N        int     // samples
	Whole    int     // of the global batch
	Gamma    float64 // of the focal loss; 0 is binary cross entropy
	Momentum float64 // of running statistics

	// Convolve says which results of a convolution are computed, of so many; nil
	// is all. Others are NaN.
	Convolve func(results int) []int

	Memory
}

// Step does one.
func (m *Machine) Step(op plan.Op) error {
	switch o := op.(type) {
	case *plan.Conv:
		m.SetValue(o.Y, m.forward(o.Shape, m.Value(o.X), m.Param(o.Weights)))
	case *plan.ConvData:
		dx := m.data(o.Shape, m.Value(o.DY), m.Param(o.Weights))
		if o.Add {
			for i, v := range m.Value(o.DX) {
				dx[i] += v
			}
		}
		m.SetValue(o.DX, dx)
	case *plan.ConvWeights:
		m.SetGradient(o.Weights, m.weights(o.Shape, m.Value(o.X), m.Value(o.DY)))
	case *plan.Stats:
		m.stats(o)
	case *plan.Apply:
		m.apply(o)
	case *plan.NormBackward:
		m.normBackward(o)
	case *plan.MaxPool:
		m.maxPool(o)
	case *plan.MaxPoolBackward:
		m.share(o.DX, o.Add, m.maxPoolBackward(o.Shape, o.DX, o.DY, m.Value(o.Index)))
	case *plan.NormMaxPoolBackward:
		m.normMaxPoolBackward(o)
	case *plan.AveragePool3:
		m.share(o.Y, o.Add, m.averagePool3(o))
	case *plan.AdaptivePool:
		m.SetValue(o.Y, m.adaptive(o.X, o.Y, o.X, o.Y))
	case *plan.AdaptivePoolBackward:
		m.share(o.DX, o.Add, m.adaptive(o.DX, o.DY, o.DY, o.DX))
	case *plan.MeanPool:
		m.SetValue(o.Y, m.means(o.X, m.Value(o.X)))
	case *plan.MeanPoolBackward:
		m.share(o.DX, o.Add, m.spread(o.DX, m.Value(o.DY)))
	case *plan.SqueezeExcite:
		m.squeeze(o)
	case *plan.SqueezeExciteBackward:
		m.squeezeBackward(o)
	case *plan.Linear:
		m.SetValue(o.Y, linear(m.Value(o.X), m.Param(o.Weight), m.Param(o.Bias), m.N))
	case *plan.LinearBackward:
		dx, dw, db := linearBackward(m.Value(o.X), m.Value(o.DY), m.Param(o.Weight), m.N)
		m.SetValue(o.DX, dx)
		m.SetGradient(o.Weight, dw)
		m.SetGradient(o.Bias, db)
	case *plan.Attention:
		m.attention(o)
	case *plan.AttentionBackward:
		m.attentionBackward(o)
	case *plan.Copy:
		m.SetValue(o.To, m.Value(o.From))
	case *plan.Add:
		m.share(o.To, true, m.Value(o.From))
	case *plan.Loss:
		m.loss(o)
	default:
		return fmt.Errorf("no reference for %T", op)
	}
	return nil
}

// share sets a value, or adds to it.
func (m *Machine) share(to plan.ID, add bool, v []float64) {
	if add {
		v = append([]float64(nil), v...)
		for i, old := range m.Value(to) {
			v[i] += old
		}
	}
	m.SetValue(to, v)
}

// channels is how many a value has, plane how many positions.
func (m *Machine) channels(id plan.ID) int { return m.Program.Value(id).C }
func (m *Machine) plane(id plan.ID) int    { return m.Program.Value(id).H * m.Program.Value(id).W }
