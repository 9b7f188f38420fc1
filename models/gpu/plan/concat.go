package plan

import "hpaflow/models/network"

// Concat is network.Layers.Concat. A result that no convolution reads or wrote
// lies in the concatenation from the start; others are copied.
func (p *planner) Concat(name string, xs ...network.Activation) network.Activation {
	y := network.Activation{H: xs[0].H, W: xs[0].W}
	var from []ID
	for _, x := range xs {
		y.C += x.C
		from = append(from, p.read(x))
	}
	y, whole := p.image(y)
	p.of(y).packed = true // what lies in it would not move with it
	at := 0
	for i, x := range xs {
		p.joints = append(p.joints, joint{ref: x.Ref, whole: whole, at: at, step: len(p.Steps)})
		p.step("concat "+name, 0, &Copy{From: from[i], To: p.part(whole, at, x.C)})
		at += x.C
	}
	p.gradient(name, y, func(dy ID) {
		at := 0
		for _, x := range xs {
			p.hand(name, x, p.part(dy, at, x.C))
			at += x.C
		}
	})
	return y
}

// part is a slice of a value's channels.
func (p *planner) part(whole ID, at, c int) ID {
	v := p.Values[whole]
	v.C, v.first = c, v.first+at
	p.Values = append(p.Values, v)
	return ID(len(p.Values) - 1)
}

// slice says whether a value is one of wider rows.
func (p *Program) slice(id ID) bool { return p.Values[id].C != p.Values[id].Stride }

// at is a value of the shape of another in its place, which is read no more.
func (p *planner) at(id ID) ID {
	p.Values = append(p.Values, p.Values[id])
	return ID(len(p.Values) - 1)
}

// join lays into concatenations what may lie there, and drops the steps that
// would have copied it; other results take the places they may overwrite. It
// comes after the forward pass, when all readers are known.
func (p *planner) join() {
	laid, gone := map[int]bool{}, map[int]bool{}
	for _, j := range p.joints {
		r := &p.results[j.ref]
		if r.packed || laid[j.ref] || j.ref == 0 {
			continue
		}
		laid[j.ref], gone[j.step] = true, true
		r.over = None
		v, w := &p.Values[r.id], p.Values[j.whole]
		v.place, v.first, v.Stride = w.place, j.at, w.Stride
	}
	for _, r := range p.results {
		if r.over != None {
			p.Values[r.id].place = p.Values[r.over].place
		}
	}
	kept := p.Steps[:0]
	for i, s := range p.Steps {
		if !gone[i] {
			kept = append(kept, s)
		}
	}
	p.Steps = kept
}
