package view

import "math/bits"

// bitset is a set of rows.
type bitset []uint64

func newBitset(rows int) bitset { return make(bitset, (rows+63)/64) }

// full is all of so many rows.
func full(rows int) bitset {
	b := newBitset(rows)
	for i := range b {
		b[i] = ^uint64(0)
	}
	if rest := rows % 64; rest != 0 {
		b[len(b)-1] = 1<<rest - 1
	}
	return b
}

func (b bitset) set(row int)   { b[row/64] |= 1 << (row % 64) }
func (b bitset) clear(row int) { b[row/64] &^= 1 << (row % 64) }

// has is false for rows that came after the set.
func (b bitset) has(row int) bool { return row/64 < len(b) && b[row/64]>>(row%64)&1 == 1 }

// put sets a row or clears it.
func (b bitset) put(row int, in bool) {
	if in {
		b.set(row)
	} else {
		b.clear(row)
	}
}

// and keeps what another has too, which may be of fewer rows.
func (b bitset) and(o bitset) {
	for i := range b {
		if i < len(o) {
			b[i] &= o[i]
		} else {
			b[i] = 0
		}
	}
}

// andNot keeps what another has not.
func (b bitset) andNot(o bitset) {
	for i := range b[:min(len(b), len(o))] {
		b[i] &^= o[i]
	}
}

func (b bitset) count() (n int) {
	for _, w := range b {
		n += bits.OnesCount64(w)
	}
	return n
}

// each visits the rows, smallest first.
func (b bitset) each(visit func(row int)) {
	for i, w := range b {
		for ; w != 0; w &= w - 1 {
			visit(64*i + bits.TrailingZeros64(w))
		}
	}
}

// keep leaves the rows that a test holds for.
func (b bitset) keep(test func(row int) bool) {
	for i, w := range b {
		for rest := w; rest != 0; rest &= rest - 1 {
			if bit := bits.TrailingZeros64(rest); !test(64*i + bit) {
				b[i] &^= 1 << bit
			}
		}
	}
}

// grown is the set with room for so many rows.
func (b bitset) grown(rows int) bitset { return grown(b, (rows+63)/64, 0) }
