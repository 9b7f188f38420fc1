package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// rows addresses 32 rows that lie step bytes apart: 16 from a base, and 16
// from another base for the upper lanes.
type rows struct {
	bases                     [2][2]reg.GPVirtual // by lane, and by eight rows
	step, step3, step5, step7 reg.GPVirtual
}

func newRows(base, step, high reg.Register) *rows {
	r := &rows{step: GP64(), step3: GP64(), step5: GP64(), step7: GP64()}
	MOVQ(step, r.step)
	LEAQ(Mem{Base: r.step, Index: r.step, Scale: 2}, r.step3)
	LEAQ(Mem{Base: r.step, Index: r.step, Scale: 4}, r.step5)
	LEAQ(Mem{Base: r.step3, Index: r.step, Scale: 4}, r.step7)
	for lane := range r.bases {
		r.bases[lane][0], r.bases[lane][1] = GP64(), GP64()
	}
	MOVQ(base, r.bases[0][0])
	LEAQ(Mem{Base: base, Index: high, Scale: 1}, r.bases[1][0])
	for lane := range r.bases {
		LEAQ(Mem{Base: r.bases[lane][0], Index: r.step, Scale: 8}, r.bases[lane][1])
	}
	return r
}

// at is the first byte of row i of 16 in a lane.
func (r *rows) at(lane, i int) Mem {
	m := Mem{Base: r.bases[lane][i/8]}
	switch i % 8 {
	case 1:
		m.Index, m.Scale = r.step, 1
	case 2:
		m.Index, m.Scale = r.step, 2
	case 3:
		m.Index, m.Scale = r.step3, 1
	case 4:
		m.Index, m.Scale = r.step, 4
	case 5:
		m.Index, m.Scale = r.step5, 1
	case 6:
		m.Index, m.Scale = r.step3, 2
	case 7:
		m.Index, m.Scale = r.step7, 1
	}
	return m
}

func (r *rows) advance(bytes uint64) {
	for lane := range r.bases {
		for half := range r.bases[lane] {
			ADDQ(Imm(bytes), r.bases[lane][half])
		}
	}
}

// vectors hands out the sixteen registers AVX2 has; avo by itself would reach
// for those of AVX-512.
type vectors struct{ free []reg.VecPhysical }

func newVectors() *vectors {
	return &vectors{[]reg.VecPhysical{reg.Y0, reg.Y1, reg.Y2, reg.Y3, reg.Y4, reg.Y5, reg.Y6, reg.Y7,
		reg.Y8, reg.Y9, reg.Y10, reg.Y11, reg.Y12, reg.Y13, reg.Y14, reg.Y15}}
}

func (s *vectors) take() reg.VecPhysical {
	v := s.free[0]
	s.free = s.free[1:]
	return v
}

func (s *vectors) give(v ...reg.VecPhysical) { s.free = append(s.free, v...) }

// transposeEight turns eight vectors around: of the 16 columns in each lane,
// result k has columns 2k and 2k+1, eight bytes each. Every round interleaves
// bytes, so that rows end up in order.
func transposeEight(s *vectors, v [8]reg.VecPhysical) [8]reg.VecPhysical {
	// Round 1 pairs rows 4 apart, round 2 those 2 apart, round 3 neighbours.
	pair := func(a, b reg.VecPhysical) (low, high reg.VecPhysical) {
		low = s.take()
		VPUNPCKLBW(b, a, low)
		VPUNPCKHBW(b, a, a)
		s.give(b)
		return low, a
	}
	var one, two, three [8]reg.VecPhysical
	for i := range 4 { // columns 0-7 and 8-15 of rows i and i+4
		one[i], one[4+i] = pair(v[i], v[i+4])
	}
	for half := range 2 {
		o := 4 * half
		for i := range 2 {
			two[o+i], two[o+2+i] = pair(one[o+i], one[o+i+2])
		}
	}
	for q := range 4 {
		three[2*q], three[2*q+1] = pair(two[2*q], two[2*q+1])
	}
	return three
}

// transpose turns 16 vectors around within their lanes: put gets vector j,
// which has byte j of each of the 16.
func transpose(load func(i int, v reg.VecPhysical), stack Mem, put func(j int, v reg.VecPhysical)) {
	s := newVectors()
	half := func(first int) [8]reg.VecPhysical {
		var v [8]reg.VecPhysical
		for i := range v {
			v[i] = s.take()
			load(first+i, v[i])
		}
		return transposeEight(s, v)
	}
	for k, v := range half(8) {
		VMOVDQU(v, stack.Offset(32*k))
		s.give(v)
	}
	for k, v := range half(0) {
		low := s.take()
		VPUNPCKLQDQ(stack.Offset(32*k), v, low)
		VPUNPCKHQDQ(stack.Offset(32*k), v, v)
		put(2*k, low)
		put(2*k+1, v)
		s.give(low, v)
	}
}

func skew() {
	TEXT("skewAVX2", NOSPLIT, "func(t, src *byte, step, high, blocks int)")
	Pragma("noescape")
	Doc("skewAVX2 writes 16*blocks vectors of 32 bytes to t: byte r of vector i is byte i of row r. " +
		"Rows 0 to 15 lie step bytes apart from src on, rows 16 to 31 from src+high on.")
	t := Load(Param("t"), GP64())
	src := Load(Param("src"), GP64())
	step := Load(Param("step"), GP64())
	high := Load(Param("high"), GP64())
	blocks := Load(Param("blocks"), GP64())
	r := newRows(src, step, high)
	stack := AllocLocal(256)
	Label("loop")
	transpose(func(i int, v reg.VecPhysical) {
		VMOVDQU(r.at(0, i), v.AsX())
		VINSERTI128(Imm(1), r.at(1, i), v, v)
	}, stack, func(j int, v reg.VecPhysical) {
		VMOVDQU(v, Mem{Base: t, Disp: 32 * j})
	})
	r.advance(16)
	ADDQ(U32(512), t)
	DECQ(blocks)
	JNZ(LabelRef("loop"))
	VZEROUPPER()
	RET()
}

func unskew() {
	TEXT("unskewAVX2", NOSPLIT, "func(dst *byte, step, high int, t *byte, blocks int)")
	Pragma("noescape")
	Doc("unskewAVX2 undoes skewAVX2: it writes 16*blocks bytes of each of 32 rows.")
	dst := Load(Param("dst"), GP64())
	step := Load(Param("step"), GP64())
	high := Load(Param("high"), GP64())
	t := Load(Param("t"), GP64())
	blocks := Load(Param("blocks"), GP64())
	r := newRows(dst, step, high)
	stack := AllocLocal(256)
	Label("loop")
	transpose(func(i int, v reg.VecPhysical) {
		VMOVDQU(Mem{Base: t, Disp: 32 * i}, v)
	}, stack, func(j int, v reg.VecPhysical) {
		VMOVDQU(v.AsX(), r.at(0, j))
		VEXTRACTI128(Imm(1), v, r.at(1, j))
	})
	r.advance(16)
	ADDQ(U32(512), t)
	DECQ(blocks)
	JNZ(LabelRef("loop"))
	VZEROUPPER()
	RET()
}
