package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// lut looks bytes up in sixteenths of the table. In the step for one
// sixteenth, a byte that is in it is 0x70..0x7f after a saturating addition,
// and any other has its high bit set, for which a shuffle gives zero.
func lut() {
	text("lut", "dst, src *uint8, table *[256]uint8, blocks int", "replaces bytes by the table's, 64 a block.")
	dst, src, table := pointer("dst"), pointer("src"), pointer("table")
	bias, step := constant("bias", 0x70), constant("step", 16)
	loop("lut", pointer("blocks"), func() {
		v, out := ymms(2), ymms(2)
		for i := range v {
			VMOVDQU(at(src, 32*i), v[i])
		}
		for part := range 16 {
			values := YMM()
			VBROADCASTI128(at(table, 16*part), values)
			for i := range v {
				t := YMM()
				VPADDUSB(bias, v[i], t)
				if part == 0 {
					VPSHUFB(t, values, out[i])
				} else {
					VPSHUFB(t, values, t)
					VPOR(t, out[i], out[i])
				}
				if part < 15 {
					VPSUBB(step, v[i], v[i])
				}
			}
		}
		for i := range out {
			VMOVDQU(out[i], at(dst, 32*i))
		}
		ADDQ(Imm(64), src)
		ADDQ(Imm(64), dst)
	})
	finish()
}

func sums() {
	text("sums", "src *uint8, blocks int, sum, squares *[4]uint64",
		"adds up bytes and their squares, 32 a block and at most 8192 blocks; each result is the sum of four.")
	src := pointer("src")
	sum, zero := YMM(), YMM()
	squares := ymms(2)
	for _, v := range append(squares, sum, zero) {
		VPXOR(v, v, v)
	}
	loop("sums", pointer("blocks"), func() {
		v, t := YMM(), YMM()
		VMOVDQU(at(src, 0), v)
		VPSADBW(zero, v, t)
		VPADDQ(t, sum, sum)
		VPUNPCKLBW(zero, v, t)
		VPUNPCKHBW(zero, v, v)
		VPMADDWD(t, t, t)
		VPMADDWD(v, v, v)
		VPADDD(t, squares[0], squares[0])
		VPADDD(v, squares[1], squares[1])
		ADDQ(Imm(32), src)
	})
	VMOVDQU(sum, at(pointer("sum"), 0))
	total := YMM()
	for i, v := range squares {
		lo, hi := YMM(), YMM()
		VPUNPCKLDQ(zero, v, lo)
		VPUNPCKHDQ(zero, v, hi)
		VPADDQ(hi, lo, lo)
		if i == 0 {
			VMOVDQU(lo, total)
		} else {
			VPADDQ(lo, total, total)
		}
	}
	VMOVDQU(total, at(pointer("squares"), 0))
	finish()
}

// normalise in two ways: stream writes past the caches.
func normalise() {
	normaliseBy("normalise", func(v, m Op) { VMOVUPS(v, m) }, "")
	normaliseBy("stream", VMOVNTPS, ", past the caches; dst lies at a multiple of 32 bytes")
}

func normaliseBy(name string, store func(v, m Op), how string) {
	text(name, "dst *float32, src *uint8, blocks int, mean, deviation float32", "sets dst to (src-mean)/deviation, 32 values a block"+how+".")
	dst, src := pointer("dst"), pointer("src")
	var by [2]reg.VecVirtual
	for i, name := range []string{"mean", "deviation"} {
		by[i] = YMM()
		VBROADCASTSS(Load(Param(name), XMM()), by[i])
	}
	loop(name, pointer("blocks"), func() {
		for i := range 4 {
			v := YMM()
			VPMOVZXBD(at(src, 8*i), v)
			VCVTDQ2PS(v, v)
			VSUBPS(by[0], v, v)
			VDIVPS(by[1], v, v)
			store(v, at(dst, 32*i))
		}
		ADDQ(Imm(32), src)
		ADDQ(U32(128), dst)
	})
	SFENCE()
	finish()
}
