package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// transpose: a vector holds row i in its lower lane and row i+8 in its upper
// one. Three rounds of interleaving gather the rows of each column, lane by
// lane, and a permutation joins the lanes.
func transpose() {
	text("transpose", "dst *uint8, dstStride int, src *uint8, srcStride int, blocks int",
		"transposes 16 rows, 16 bytes of each a block; rows lie stride bytes apart.")
	to, from := pointer("dst"), pointer("src")
	dstStride, srcStride := pointer("dstStride"), pointer("srcStride")
	loop("transpose", pointer("blocks"), func() {
		low := GP64()
		dst, src := GP64(), GP64()
		MOVQ(to, dst)
		MOVQ(from, src)
		LEAQ(Mem{Base: src, Index: srcStride, Scale: 8}, low)
		rows := make([]reg.VecVirtual, 8)
		for i := range rows {
			rows[i] = YMM()
			VMOVDQU(at(src, 0), rows[i].AsX())
			VINSERTI128(Imm(1), at(low, 0), rows[i], rows[i])
			if i < 7 {
				ADDQ(srcStride, src)
				ADDQ(srcStride, low)
			}
		}
		interleave := func(lo, hi func(...Op), in []reg.VecVirtual) []reg.VecVirtual {
			out := make([]reg.VecVirtual, 0, 8)
			var tops []reg.VecVirtual
			for i := 0; i < 8; i += 2 {
				a := YMM()
				lo(in[i+1], in[i], a)
				hi(in[i+1], in[i], in[i])
				out, tops = append(out, a), append(tops, in[i])
			}
			return append(out, tops...)
		}
		// Each round leaves first the lower columns of all pairs, then the upper.
		rows = interleave(VPUNPCKLBW, VPUNPCKHBW, rows) // columns 0-7: rows 01 23 45 67; columns 8-15: the same
		a := interleave(VPUNPCKLWD, VPUNPCKHWD, rows)   // columns 0-3: 0123 4567; 8-11: the same; 4-7; 12-15
		a = interleave(VPUNPCKLDQ, VPUNPCKHDQ, a)       // columns 01, 89, 45, 12-13, 23, 10-11, 67, 14-15
		at16 := map[int]int{0: 0, 1: 4, 2: 2, 3: 6, 4: 1, 5: 5, 6: 3, 7: 7}
		order := make([]reg.VecVirtual, 8)
		for i, v := range a {
			order[at16[i]] = v
		}
		for _, v := range order {
			VPERMQ(permuted, v, v)
			VMOVDQU(v.AsX(), at(dst, 0))
			VEXTRACTI128(Imm(1), v, Mem{Base: dst, Index: dstStride, Scale: 1})
			LEAQ(Mem{Base: dst, Index: dstStride, Scale: 2}, dst)
		}
		MOVQ(dst, to)
		ADDQ(Imm(16), from)
	})
	finish()
}

func pack() {
	text("pack", "dst, a, b, c, d *uint8, blocks int", "interleaves four planes, 32 bytes of each a block.")
	dst := pointer("dst")
	planes := []reg.Register{pointer("a"), pointer("b"), pointer("c"), pointer("d")}
	loop("pack", pointer("blocks"), func() {
		v := ymms(4)
		for i := range v {
			VMOVDQU(at(planes[i], 0), v[i])
		}
		t, out := ymms(4), ymms(4)
		VPUNPCKLBW(v[1], v[0], t[0])
		VPUNPCKHBW(v[1], v[0], t[1])
		VPUNPCKLBW(v[3], v[2], t[2])
		VPUNPCKHBW(v[3], v[2], t[3])
		VPUNPCKLWD(t[2], t[0], out[0])
		VPUNPCKHWD(t[2], t[0], out[1])
		VPUNPCKLWD(t[3], t[1], out[2])
		VPUNPCKHWD(t[3], t[1], out[3])
		for i := 0; i < 4; i += 2 {
			whole := YMM()
			VPERM2I128(U8(0x20), out[i+1], out[i], whole)
			VMOVDQU(whole, at(dst, 16*i))
			VPERM2I128(U8(0x31), out[i+1], out[i], whole)
			VMOVDQU(whole, at(dst, 16*i+64))
		}
		for _, p := range planes {
			ADDQ(Imm(32), p)
		}
		ADDQ(U32(128), dst)
	})
	finish()
}

func flip() {
	text("flip", "dst, src *uint8, blocks int", "writes packed pixels in reverse, 8 a block.")
	end, src, blocks := pointer("dst"), pointer("src"), pointer("blocks")
	{
		size := GP64()
		MOVQ(blocks, size)
		SHLQ(Imm(5), size)
		ADDQ(size, end)
	}
	order := constant("backward", 7, 0, 0, 0, 6, 0, 0, 0, 5, 0, 0, 0, 4, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0)
	loop("flip", blocks, func() {
		v := YMM()
		VPERMD(at(src, 0), order, v)
		SUBQ(Imm(32), end)
		VMOVDQU(v, at(end, 0))
		ADDQ(Imm(32), src)
	})
	finish()
}

func unpack() {
	text("unpack", "a, b, c, d, src *uint8, blocks int", "parts interleaved planes, 32 bytes of each a block.")
	src := pointer("src")
	planes := []reg.Register{pointer("a"), pointer("b"), pointer("c"), pointer("d")}
	gather := constant("gather", 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15)
	order := constant("order", 0, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0, 2, 0, 0, 0, 6, 0, 0, 0, 3, 0, 0, 0, 7, 0, 0, 0)
	loop("unpack", pointer("blocks"), func() {
		v, t, out := ymms(4), ymms(4), ymms(4)
		for i := range v {
			VMOVDQU(at(src, 32*i), v[i])
			VPSHUFB(gather, v[i], v[i])
		}
		VPUNPCKLDQ(v[1], v[0], t[0])
		VPUNPCKHDQ(v[1], v[0], t[1])
		VPUNPCKLDQ(v[3], v[2], t[2])
		VPUNPCKHDQ(v[3], v[2], t[3])
		VPUNPCKLQDQ(t[2], t[0], out[0])
		VPUNPCKHQDQ(t[2], t[0], out[1])
		VPUNPCKLQDQ(t[3], t[1], out[2])
		VPUNPCKHQDQ(t[3], t[1], out[3])
		for i := range out {
			VPERMD(out[i], order, out[i])
			VMOVDQU(out[i], at(planes[i], 0))
		}
		for _, p := range planes {
			ADDQ(Imm(32), p)
		}
		ADDQ(U32(128), src)
	})
	finish()
}
