package transformer

import (
	"math"

	"hpaflow/models/cpu/kernels"
	"hpaflow/models/network"
)

// GatedPool is network.TokenLayers.GatedPool: V and U are one layer, and so small
// is the rest that it is summed token by token.
func (p *planner) GatedPool(x network.Activation, d network.GatedPool) (pooled, shares network.Activation) {
	tokens := x.Plane()
	k := p.conv(d.V, kernels.ConvShape{In: x.C, Out: 2 * d.Inner, H: 1, W: tokens, KH: 1, KW: 1})
	if k == nil {
		return x, x
	}
	l := p.weights.layer(k, d.V, d.U)
	gates := p.step(step{name: "dense " + d.V, flops: k.Flops(), run: func(ws *kernels.Workspace, out, in [][]float32) {
		k.Infer(ws, 1, out[0], in[0], l.packed, kernels.Epilogue{Bias: l.bias})
		half := d.Inner * tokens
		kernels.GELU(ws, out[0][half:])
		ws.Each(d.Inner/kernels.Lanes, func(b int) {
			v, u := out[0][b*tokens*kernels.Lanes:][:tokens*kernels.Lanes], out[0][half+b*tokens*kernels.Lanes:]
			for i := range v {
				v[i] = float32(math.Tanh(float64(v[i]))) * u[i]
			}
		})
	}}, network.Activation{C: 2 * d.Inner, H: 1, W: tokens}, x)

	w, bias := p.weights.values(d.Weights+".weight"), p.weights.values(d.Weights+".bias")
	pooled = p.result(network.Activation{C: d.Heads * x.C})
	shares = p.result(network.Activation{C: d.Heads, H: 1, W: tokens})
	p.add(step{name: "pool", run: func(ws *kernels.Workspace, out, in [][]float32) {
		ws.Each(d.Heads, func(h int) {
			share := out[1][h*tokens:][:tokens]
			scores(share, in[0], w[h*d.Inner:][:d.Inner], bias[h])
			softmax(share)
			weighted(out[0][h*x.C:][:x.C], in[1], share)
		})
	}}, []network.Activation{pooled, shares}, gates, x)
	return pooled, shares
}

// scores are the linear layer w, of tokens in blocks, with one result a token.
func scores(to, x, w []float32, bias float32) {
	sums := make([]float64, len(to))
	for b := 0; b < len(w); b += kernels.Lanes {
		block := x[b*len(to):]
		for t := range sums {
			var sum float32
			for lane, v := range block[t*kernels.Lanes:][:kernels.Lanes] {
				sum += v * w[b+lane]
			}
			sums[t] += float64(sum)
		}
	}
	for t, sum := range sums {
		to[t] = float32(sum + float64(bias))
	}
}

func softmax(x []float32) {
	most, sum := float32(math.Inf(-1)), 0.
	for _, v := range x {
		most = max(most, v)
	}
	for _, v := range x {
		sum += math.Exp(float64(v - most))
	}
	for i, v := range x {
		x[i] = float32(math.Exp(float64(v-most)) / sum)
	}
}

// weighted is the sum of tokens in blocks, each times its share.
func weighted(to, x, share []float32) {
	for b := 0; b < len(to); b += kernels.Lanes {
		var sums [kernels.Lanes]float64
		block := x[b*len(share):]
		for t, s := range share {
			for lane, v := range block[t*kernels.Lanes:][:kernels.Lanes] {
				sums[lane] += float64(v * s)
			}
		}
		for lane, sum := range sums {
			to[b+lane] = float32(sum)
		}
	}
}

// Probabilities is network.TokenLayers.Probabilities.
func (p *planner) Probabilities(name string, logits ...network.Activation) network.Activation {
	return p.step(step{name: name, run: func(_ *kernels.Workspace, out, in [][]float32) {
		for c := range logits[0].C {
			var sum float64
			for _, x := range in {
				sum += 1 / (1 + math.Exp(-float64(x[c])))
			}
			out[0][c] = float32(sum / float64(len(in)))
		}
	}}, logits[0], logits...)
}
