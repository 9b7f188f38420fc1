package main

import (
	"fmt"
	"math"
	"strings"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// width is the vectors of transforms: a tile's, or those of two tiles beside each
// other, which take the same operations in the same order.
type width struct {
	tiles int
	kept  int // rows of a half transformed tile that stay in registers
}

var (
	ofOne = width{tiles: 1}
	ofTwo = width{tiles: 2, kept: 3}
)

// name is that of something of this width.
func (w width) name(of string) string {
	if w.tiles == 1 {
		return of
	}
	return "wide" + strings.ToUpper(of[:1]) + of[1:]
}

// bytes are those of a register.
func (w width) bytes() int { return vectorBytes * w.tiles }

func (w width) vector() reg.VecVirtual {
	if w.tiles == 1 {
		return YMM()
	}
	return ZMM()
}

func (w width) vectors(n int) []reg.VecVirtual {
	list := make([]reg.VecVirtual, n)
	for i := range list {
		list[i] = w.vector()
	}
	return list
}

// side is how the vectors of two tiles lie in memory: next bytes apart; together as
// one, the next pair behind them; or so many bytes apart, which may be an argument, or
// together as one, with the next pair next bytes from them.
type side struct {
	apart bool
	own   bool   // next is from pair to pair
	bytes int    // apart, of own ones
	given string // the argument that says how far apart own ones are, or none
}

var (
	together = side{}
	apart    = side{apart: true}
)

// pairs are tiles whose pairs lie next bytes apart: the second tile of each so many
// bytes after the first.
func pairs(bytes int) side { return side{apart: bytes != vectorBytes, own: true, bytes: bytes} }

// pairsBy are such tiles, as far apart as an argument says.
func pairsBy(argument string) side { return side{apart: true, own: true, given: argument} }

const vectorBytes = 32

// places are up to six vectors step bytes apart, of one tile or of two.
type places struct {
	step      reg.Register
	near, far [2]reg.Register // the first vector and the fourth
	apart     bool
}

// along gives places from base on; next, where there is one, is how far the second
// tile is from the first.
func along(base, step, next reg.Register, count int) places {
	p := places{step: step, apart: next != nil}
	p.near[0] = GP64()
	MOVQ(base, p.near[0])
	if p.apart {
		p.near[1] = GP64()
		LEAQ(Mem{Base: base, Index: next, Scale: 1}, p.near[1])
	}
	for i, near := range p.near {
		if near != nil && count > 3 {
			p.far[i] = GP64()
			LEAQ(Mem{Base: near, Index: step, Scale: 2}, p.far[i])
			ADDQ(step, p.far[i])
		}
	}
	return p
}

// at is vector i of a tile.
func (p places) at(tile, i int) Mem {
	m := Mem{Base: p.near[tile]}
	if i >= 3 {
		m.Base = p.far[tile]
	}
	if i%3 > 0 {
		m.Index, m.Scale = p.step, uint8(i%3)
	}
	return m
}

func (p places) load(w width, i int) reg.VecVirtual {
	v := w.vector()
	if !p.apart {
		VMOVUPS(p.at(0, i), v)
		return v
	}
	VBROADCASTF32X8(p.at(0, i), v)
	VINSERTF32X8(Imm(1), p.at(1, i), v, v)
	return v
}

func (p places) store(v reg.VecVirtual, i int) {
	if !p.apart {
		VMOVUPS(v, p.at(0, i))
		return
	}
	VMOVUPS(v.AsY(), p.at(0, i))
	VEXTRACTF32X8(Imm(1), v, p.at(1, i))
}

// transforms are those of a width. Constants are vectors of equal values in memory
// or, of two tiles, single values.
type transforms struct {
	width
	constants Mem
	index     map[float32]int
}

// number is where a constant stands.
func (t *transforms) number(v float64) Mem {
	f := float32(v)
	i, known := t.index[f]
	if !known {
		i = len(t.index)
		t.index[f] = i
		for lane := range t.lanes() {
			DATA(4*(t.lanes()*i+lane), U32(math.Float32bits(f))) // F32 would write 1 as a whole number
		}
	}
	return t.constants.Offset(4 * t.lanes() * i)
}

// lanes is how many values a constant has.
func (t *transforms) lanes() int {
	if t.tiles == 2 {
		return 1
	}
	return 8
}

// more adds k*x to r; less takes it away; times sets r to it.
func (t *transforms) more(r reg.VecVirtual, k float64, x reg.VecVirtual) {
	if t.tiles == 2 {
		VFMADD231PS_BCST(t.number(k), x, r)
		return
	}
	VFMADD231PS(t.number(k), x, r)
}

func (t *transforms) less(r reg.VecVirtual, k float64, x reg.VecVirtual) {
	if t.tiles == 2 {
		VFNMADD231PS_BCST(t.number(k), x, r)
		return
	}
	VFNMADD231PS(t.number(k), x, r)
}

func (t *transforms) times(r reg.VecVirtual, k float64, x reg.VecVirtual) {
	if t.tiles == 2 {
		VMULPS_BCST(t.number(k), x, r)
		return
	}
	VMULPS(t.number(k), x, r)
}

// write writes a function that applies a one-dimensional transform to the columns,
// then to the rows, of from*from vectors.
func (t *transforms) write(name, what string, from, to int, in, out side, f func([]reg.VecVirtual) []reg.VecVirtual) {
	more := ""
	if in.given != "" && t.tiles == 2 {
		more = ", " + in.given + " int"
	}
	t.begin(name, what, more, in, out)
	t.body(from, to, in, out, f, nil)
}

// writeLayer is write of a function that does the end of a layer as well.
func (t *transforms) writeLayer(name, what string, from, to int, in, out side, f func([]reg.VecVirtual) []reg.VecVirtual) {
	t.begin(name, what, ", bias *float32, res *float32, relu int", in, out)
	e := &ending{transforms: t, bias: Load(Param("bias"), GP64()), res: Load(Param("res"), GP64())}
	t.body(from, to, in, out, f, e)
}

func (t *transforms) begin(name, what, more string, in, out side) {
	TEXT(t.name(name), 0, "func(n int, out *float32, outRow int, outCol int, outNext int, in *float32, inRow int, inCol int, inNext int"+more+")") // not NOSPLIT: the middle is large
	Pragma("noescape")
	if t.tiles == 1 {
		Doc(fmt.Sprintf("%s transforms %s, for n tiles that lie next bytes apart.", name, what),
			"Vectors of eight channels lie row and col bytes apart in a tile.")
		return
	}
	where := func(s side) string {
		switch {
		case s.given != "":
			return fmt.Sprintf("lie %s bytes apart in a pair, and pairs next bytes", s.given)
		case s.own:
			return fmt.Sprintf("lie %d bytes apart in a pair, and pairs next bytes", s.bytes)
		case s.apart:
			return "lie next bytes apart"
		}
		return "follow each other"
	}
	Doc(fmt.Sprintf("%s is %s of n pairs of tiles. Tiles read %s; tiles written %s.", t.name(name), name, where(in), where(out)))
}

// second is how far the second tile is from the first, where it is apart.
func (t *transforms) second(s side, next string) reg.Register {
	switch {
	case t.tiles == 1 || !s.apart:
		return nil
	case s.given != "":
		return Load(Param(s.given), GP64())
	case s.own:
		r := GP64()
		MOVQ(U32(uint32(s.bytes)), r)
		return r
	}
	return Load(Param(next), GP64())
}

// body goes through the tiles. Rows of a tile that is transformed by columns alone
// are kept in registers as far as there are any, else in memory.
func (t *transforms) body(from, to int, inSide, outSide side, f func([]reg.VecVirtual) []reg.VecVirtual, e *ending) {
	kept, size := min(t.kept, to), t.bytes()
	memory := aligned((to - kept) * from * size)
	inMemory := func(i, j int) Mem { return memory.Offset(size * ((i-kept)*from + j)) }
	in, out := Load(Param("in"), GP64()), Load(Param("out"), GP64())

	Label("tile")
	middle := make([][]reg.VecVirtual, to)
	column := GP64()
	MOVQ(in, column)
	step, next := Load(Param("inRow"), GP64()), t.second(inSide, "inNext")
	for j := range from {
		p := along(column, step, next, from)
		x := make([]reg.VecVirtual, from)
		for i := range x {
			x[i] = p.load(t.width, i)
		}
		for i, v := range f(x) {
			if i < kept {
				middle[i] = append(middle[i], v)
			} else {
				VMOVUPS(v, inMemory(i, j))
			}
		}
		if j < from-1 {
			ADDQ(argument("inCol"), column)
		}
	}
	row := GP64()
	MOVQ(out, row)
	step, next = Load(Param("outCol"), GP64()), t.second(outSide, "outNext")
	if e != nil {
		e.begin()
	}
	for i := range to {
		x := middle[i]
		if i >= kept {
			x = t.vectors(from)
			for j := range x {
				VMOVUPS(inMemory(i, j), x[j])
			}
		}
		y := f(x)
		if e != nil {
			e.row(fmt.Sprintf("row%d", i), y, step, next)
		}
		p := along(row, step, next, to)
		for j, v := range y {
			p.store(v, j)
		}
		if i < to-1 {
			ADDQ(argument("outRow"), row)
		}
	}
	tiles := func(s side, next string) reg.Register { // from one tile, or pair of them, to the next
		r := Load(Param(next), GP64())
		if t.tiles == 2 && !s.own {
			ADDQ(r, r)
		}
		return r
	}
	by := tiles(outSide, "outNext")
	ADDQ(by, out)
	if e != nil {
		e.advance(by)
	}
	ADDQ(tiles(inSide, "inNext"), in)
	DECQ(argument("n"))
	JNZ(LabelRef("tile"))
	done()
}

// aligned is room on the stack that begins with a cache line: vectors across two of
// them take twice as long.
func aligned(size int) Mem {
	const line = 64
	at := GP64()
	LEAQ(AllocLocal(size+line), at)
	ADDQ(Imm(line-1), at)
	ANDQ(I32(-line), at)
	return Mem{Base: at}
}

// ending is the end of a layer, on results in registers.
type ending struct {
	*transforms
	bias, res reg.Register // of the first row, or nil
	at        reg.Register // of the present row
}

// begin begins a tile.
func (e *ending) begin() {
	e.at = GP64()
	MOVQ(e.res, e.at)
}

// advance goes on to the next tile.
func (e *ending) advance(by reg.Register) {
	TESTQ(e.res, e.res)
	JZ(LabelRef("noresidual"))
	ADDQ(by, e.res)
	Label("noresidual")
}

// row ends a row of results, which lie like those of the residual.
func (e *ending) row(label string, y []reg.VecVirtual, step, next reg.Register) {
	TESTQ(e.bias, e.bias)
	JZ(LabelRef(label + "unbiased"))
	bias := e.vector()
	if e.tiles == 2 {
		VBROADCASTF32X8(Mem{Base: e.bias}, bias)
	} else {
		VMOVUPS(Mem{Base: e.bias}, bias)
	}
	for _, v := range y {
		VADDPS(bias, v, v)
	}
	Label(label + "unbiased")
	TESTQ(e.res, e.res)
	JZ(LabelRef(label + "alone"))
	p := along(e.at, step, next, len(y))
	for j, v := range y {
		VADDPS(p.load(e.width, j), v, v)
	}
	Label(label + "alone")
	relu := GP64()
	Load(Param("relu"), relu)
	TESTQ(relu, relu)
	JZ(LabelRef(label + "whole"))
	zero := e.vector()
	VXORPS(zero, zero, zero)
	for _, v := range y {
		VMAXPS(v, zero, v)
	}
	Label(label + "whole")
	ADDQ(argument("outRow"), e.at)
}
