package plan

import "hpaflow/models/network"

// Linear is network.Layers.Linear.
func (p *planner) Linear(x network.Activation, name string, out int) network.Activation {
	weight, bias := p.Params.get(name+".weight", network.Uniform(x.C), out, x.C), p.Params.get(name+".bias", network.Uniform(x.C), out)
	from, id := p.read(x), p.vector(out)
	y := p.result(network.Activation{C: out}, id)
	p.step("linear "+name, 0, &Linear{X: from, Y: id, Weight: weight, Bias: bias})
	p.gradient(name, y, func(dy ID) {
		dx := p.like(from)
		p.step("linear data "+name, 0, &LinearBackward{X: from, DY: dy, DX: dx, Weight: weight, Bias: bias})
		p.hand(name, x, dx)
	})
	return y
}

// Attention is network.Layers.Attention. The bias of the scores adds the same to
// all scores of a map, so it changes nothing and its gradient is zero.
func (p *planner) Attention(logits, scores network.Activation, logitsName, scoresName string) network.Activation {
	bias, cancelled := p.attentionBias(logitsName), p.attentionBias(scoresName)
	l, s := p.read(logits), p.read(scores)
	// The largest score, the sum and the mean of each map.
	id, kept := p.vector(logits.C), p.vector(3*logits.C)
	y := p.result(network.Activation{C: logits.C}, id)
	p.step("attention "+scoresName, 0, &Attention{Logits: l, Scores: s, Y: id, Kept: kept, Bias: bias})
	p.gradient(scoresName, y, func(dy ID) {
		dl, ds := p.like(l), p.like(s)
		p.step("attention data "+scoresName, 0, &AttentionBackward{
			Logits: l, Scores: s, Kept: kept, DY: dy, DLogits: dl, DScores: ds, Bias: bias, Cancelled: cancelled,
		})
		p.hand(logitsName, logits, dl)
		p.hand(scoresName, scores, ds)
	})
	return y
}

// attentionBias is the bias of an attention head's convolution, drawn as
// PyTorch does for one with so many inputs.
func (p *planner) attentionBias(name string) int {
	shape := p.Params.List[p.Params.byName[name+".weight"]].Shape
	return p.Params.get(name+".bias", network.Uniform(shape[1]), shape[0])
}
