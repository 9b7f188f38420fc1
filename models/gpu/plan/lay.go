package plan

import (
	"cmp"
	"slices"
)

// lay gives every value its place in the arena: the largest first, each at the
// lowest offset where nothing lies whose lifetime meets its own.
func (p *Program) lay() {
	for i := range p.places {
		p.places[i].first, p.places[i].last = len(p.Steps), -1
	}
	touch := func(id ID, step int) {
		if id != None {
			pl := &p.places[p.Values[id].place]
			pl.first, pl.last = min(pl.first, step), max(pl.last, step)
		}
	}
	touch(p.Input, -1) // it is there before the first step
	for i, s := range p.Steps {
		for _, id := range s.Op.touches() {
			touch(id, i)
		}
	}
	touch(p.Logits, len(p.Steps)) // and they are read after the last
	var laid []*place
	order := make([]*place, len(p.places))
	for i := range p.places {
		order[i] = &p.places[i]
	}
	slices.SortStableFunc(order, func(a, b *place) int { return cmp.Compare(b.bytes(p.Batch), a.bytes(p.Batch)) })
	for _, pl := range order {
		if pl.last < pl.first {
			continue // nothing touches it: a value that was laid elsewhere
		}
		pl.offset = lowest(laid, pl, p.Batch)
		at, _ := slices.BinarySearchFunc(laid, pl, func(a, b *place) int { return cmp.Compare(a.offset, b.offset) })
		laid = slices.Insert(laid, at, pl)
		p.Arena = max(p.Arena, pl.offset+pl.bytes(p.Batch))
	}
	for i := range p.Values {
		v := &p.Values[i]
		v.Offset = p.places[v.place].offset + int64(v.first)*v.Type.Bytes()
	}
}

// lowest is the lowest offset where a place fits between those that are laid,
// which are in the order of their offsets.
func lowest(laid []*place, pl *place, batch int) (at int64) {
	for _, o := range laid {
		if o.last < pl.first || pl.last < o.first {
			continue
		}
		if o.offset >= at+pl.bytes(batch) {
			return at
		}
		at = max(at, o.offset+o.bytes(batch))
	}
	return at
}
