package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// kind is a set of instructions for tiles: how wide their registers are, and how many
// there are. A register of AVX-512 holds two blocks of channels, and the last of an odd
// number of blocks is half of one. Each value is summed in the same order.
type kind struct {
	width
	registers int
}

var (
	avx2   = kind{ofOne, 16}
	avx512 = kind{ofTwo, 32}
)

// strip is registers for some blocks.
func (k kind) strip(blocks int) []reg.VecVirtual {
	var list []reg.VecVirtual
	for ; blocks >= k.tiles; blocks -= k.tiles {
		list = append(list, k.vector())
	}
	if blocks > 0 {
		list = append(list, YMM())
	}
	return list
}

// singles are n registers as wide as the widest of a strip: beside one of 16 values,
// those of eight are multiplied by one unit alone.
func (k kind) singles(blocks, n int) []reg.VecVirtual {
	list := make([]reg.VecVirtual, n)
	for i := range list {
		list[i] = k.strip(blocks)[0]
	}
	return list
}

// like is s, as wide as v.
func like(s, v reg.VecVirtual) reg.VecVirtual {
	if v.Size() < s.Size() {
		return s.AsY().(reg.VecVirtual)
	}
	return s
}

// halves calls do for each block of a strip: i is its number.
func halves(strip []reg.VecVirtual, do func(i int, v reg.VecVirtual, upper bool)) {
	i := 0
	for _, v := range strip {
		do(i, v, false)
		if i++; v.Size() == 64 {
			do(i, v, true)
			i++
		}
	}
}

// store stores sums, of which each block lies by itself.
func (k kind) store(sums []reg.VecVirtual, at func(block int) Mem) {
	halves(sums, func(i int, v reg.VecVirtual, upper bool) {
		if upper {
			VEXTRACTF32X8(Imm(1), v, at(i))
		} else {
			VMOVUPS(v.AsY(), at(i))
		}
	})
}

// add adds to sums what lies so; held are registers for it.
func (k kind) add(sums, held []reg.VecVirtual, at func(block int) Mem) {
	if k.tiles == 1 {
		for j, v := range sums {
			VADDPS(at(j), v, v)
		}
		return
	}
	halves(held, func(i int, v reg.VecVirtual, upper bool) {
		if upper {
			VINSERTF32X8(Imm(1), at(i), v, v)
		} else {
			VMOVUPS(at(i), v.AsY())
		}
	})
	for j, v := range sums {
		VADDPS(held[j], v, v)
	}
}
