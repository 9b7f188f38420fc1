package kernels

import (
	"fmt"
	"math"
)

// SelfAttention is scaled dot-product attention among the tokens of an image, by
// heads: y = softmax(q*k^T/sqrt(Dim))*v, where q, k, v and y have Heads*Dim
// channels, each head Dim of them. It holds no weights and may be used by several
// goroutines, each with its own Workspace.
//
// Scores are made tile by tile of queries and keys, and never more of them are
// kept than a tile: what was summed with the keys before is scaled down where a
// tile has a larger score than all before it.
type SelfAttention struct {
	Heads, Dim, Tokens int

	machine *machine
	queries tiling
	keys    tiling
	scores  [2][2]*Conv // by whether queries, and keys, are a last tile
	values  [2][2]*Conv
}

const (
	attentionQueries = 96 // of a tile, at most: its scores stay in the second cache
	attentionKeys    = 256
)

// tiling is the cut of n into tiles of one size, the last of which is smaller.
type tiling struct{ n, size, count int }

// tilingOf cuts n into tiles of about the same size, a multiple of step, and at
// most that.
func tilingOf(n, most, step int) tiling {
	size := min(ceil(ceil(n, ceil(n, most)), step)*step, n)
	return tiling{n, size, ceil(n, size)}
}

// tile gives tile i, and which of the two sizes it has.
func (t tiling) tile(i int) (lo, size, last int) {
	if i == t.count-1 {
		return i * t.size, t.n - i*t.size, 1
	}
	return i * t.size, t.size, 0
}

// NewSelfAttention plans attention. Dim is a multiple of Lanes.
func NewSelfAttention(heads, dim, tokens int) (*SelfAttention, error) {
	return newSelfAttention(heads, dim, tokens, machines[0])
}

func newSelfAttention(heads, dim, tokens int, m *machine) (*SelfAttention, error) {
	if heads < 1 || dim < 1 || dim%Lanes != 0 || tokens < 1 {
		return nil, fmt.Errorf("attention: %d heads of %d channels over %d tokens", heads, dim, tokens)
	}
	a := &SelfAttention{
		Heads: heads, Dim: dim, Tokens: tokens, machine: m,
		queries: tilingOf(tokens, attentionQueries, 1), keys: tilingOf(tokens, attentionKeys, Lanes),
	}
	for i := range 2 {
		_, queries, _ := a.queries.tile(i * (a.queries.count - 1))
		for j := range 2 {
			_, keys, _ := a.keys.tile(j * (a.keys.count - 1))
			var err error
			if a.scores[i][j], err = newConv(ConvShape{In: dim, Out: keys, H: 1, W: queries, KH: 1, KW: 1}, m); err != nil {
				return nil, err
			}
			if a.values[i][j], err = newConv(ConvShape{In: keys, Out: dim, H: 1, W: queries, KH: 1, KW: 1}, m); err != nil {
				return nil, err
			}
		}
	}
	return a, nil
}

// Flops is the multiplications and additions of the two products, an image.
func (a *SelfAttention) Flops() float64 {
	return 4 * float64(a.Heads*a.Dim) * float64(a.Tokens) * float64(a.Tokens)
}

// Forward computes y, (n,Blocks,Tokens,Lanes), from q, k and v, of which each is
// so many values after the one before in x, image by image: x is
// (n,3*Blocks,Tokens,Lanes).
func (a *SelfAttention) Forward(ws *Workspace, n int, y, x []float32) {
	size := a.Heads * a.Dim * a.Tokens
	if len(y) < n*size || len(x) < 3*n*size {
		panic(fmt.Sprintf("kernels: attention of %d heads of %d over %d tokens: %d values out, %d in", a.Heads, a.Dim, a.Tokens, len(y), len(x)))
	}
	head := a.Dim * a.Tokens
	stretches := min(a.queries.count, ceil(2*len(ws.workers), n*a.Heads)) // of queries, so that there is work for all threads
	ws.each(n*a.Heads*stretches, func(s *scratch, i int) {
		stretch, at := i%stretches, i/stretches
		image, h := at/a.Heads, at%a.Heads
		from := 3*image*size + h*head
		p := attending{
			SelfAttention: a, scratch: s, ws: s.inner(),
			q: x[from:][:head], k: x[from+size:][:head], v: x[from+2*size:][:head],
			y: y[image*size+h*head:][:head],
		}
		p.compute(stretch*a.queries.count/stretches, (stretch+1)*a.queries.count/stretches)
	})
}

// attending is some tiles of queries of a head.
type attending struct {
	*SelfAttention
	scratch *scratch
	ws      *Workspace

	q, k, v, y []float32
}

// compute makes the results of tiles lo..hi-1 of queries. Keys and values are
// packed as weights once for all of them.
func (p *attending) compute(lo, hi int) {
	tile := p.queries.size * Lanes
	blocks := p.Dim / Lanes
	state := p.scratch.get(slotRows, (hi-lo)*(2+blocks)*tile)
	scores := p.scratch.get(slotB, Blocks(p.keys.size)*tile)
	query := p.scratch.get(slotX, (blocks+1)*tile)
	scale := float32(1 / math.Sqrt(float64(p.Dim)))
	for j := range p.keys.count {
		packed := p.pack(j)
		for i := lo; i < hi; i++ {
			own := state[(i-lo)*(2+blocks)*tile:][:(2+blocks)*tile]
			p.load(query, i, scale)
			p.attend(i, j, packed, scores, query, own)
			if j == p.keys.count-1 {
				p.store(i, own)
			}
		}
	}
}

// packedKeys are a tile's keys and values as weights of the two products.
type packedKeys struct{ keys, values weights }

func (p *attending) pack(j int) packedKeys {
	lo, keys, last := p.keys.tile(j)
	plain := p.scratch.get(slotC, keys*p.Dim)
	scores, values := p.scores[0][last], p.values[0][last]
	room := p.scratch.get(slotA, scores.infer.packedSize()+values.infer.packedSize())
	packed := packedKeys{weights{packed: room[:scores.infer.packedSize()]}, weights{packed: room[scores.infer.packedSize():]}}
	for b := range p.Dim / Lanes {
		for t := range keys {
			moveVector(plain[t*p.Dim+b*Lanes:], p.k[(b*p.Tokens+lo+t)*Lanes:])
		}
	}
	scores.infer.pack(p.ws, p.machine, packed.keys.packed, plain)
	for b := range p.Dim / Lanes {
		p.machine.rows(plain[b*Lanes*keys:], p.v[(b*p.Tokens+lo)*Lanes:], keys, keys)
	}
	values.infer.pack(p.ws, p.machine, packed.values.packed, plain)
	return packed
}

// load takes tile i of the queries, scaled.
func (p *attending) load(to []float32, i int, scale float32) {
	lo, queries, _ := p.queries.tile(i)
	by, zero := p.scratch.lane(0), p.scratch.lane(1)
	fill(by[:], scale)
	for b := range p.Dim / Lanes {
		p.machine.blockApply(queries, vectors(to, b*queries*Lanes, queries), vectors(p.q, (b*p.Tokens+lo)*Lanes, queries), nil, &by[0], &zero[0], &unbounded[0])
	}
}

// attend adds what a tile of keys gives to a tile of queries. Own has a vector a
// query of the largest score so far, one of the sums, and the results so far.
func (p *attending) attend(i, j int, packed packedKeys, scores, query, own []float32) {
	_, queries, lastQueries := p.queries.tile(i)
	_, keys, lastKeys := p.keys.tile(j)
	width := queries * Lanes
	most, sums, result := own[:width], own[width:2*width], own[2*width:][:p.Dim/Lanes*width]
	factor := query[p.Dim/Lanes*width:][:width]
	if j == 0 {
		fill(most, float32(math.Inf(-1)))
		clear(sums)
		clear(result)
	}
	p.scores[lastQueries][lastKeys].infer.run(p.ws, p.machine, 1, scores, query, packed.keys, Epilogue{})
	blocks := Blocks(keys)
	if spare := keys % Lanes; spare > 0 {
		for t := range queries {
			fill(scores[(blocks-1)*width+t*Lanes:][spare:Lanes], -math.MaxFloat32)
		}
	}
	copy(factor, most)
	for b := range blocks {
		p.machine.tokenMax(queries, &most[0], &scores[b*width])
	}
	for t := 0; t < width; t += Lanes { // a score that is larger than all before scales these down
		largest := most[t]
		for _, v := range most[t+1 : t+Lanes] {
			largest = max(largest, v)
		}
		by := float32(1)
		if factor[t] != largest {
			by = float32(math.Exp(float64(factor[t] - largest)))
		}
		fill(factor[t:t+Lanes], by)
		fill(most[t:t+Lanes], largest)
	}
	if j > 0 {
		p.machine.tokenScale(queries, &sums[0], &factor[0])
		for b := range p.Dim / Lanes {
			p.machine.tokenScale(queries, &result[b*width], &factor[0])
		}
	}
	for b := range blocks {
		p.machine.tokenExp(queries, &scores[b*width], &sums[0], &most[0])
	}
	p.values[lastQueries][lastKeys].infer.run(p.ws, p.machine, 1, result, scores, packed.values, Epilogue{Residual: result})
}

// store writes tile i of the results, divided by the sums.
func (p *attending) store(i int, own []float32) {
	lo, queries, _ := p.queries.tile(i)
	width := queries * Lanes
	sums, result := own[width:2*width], own[2*width:]
	spread(sums, sums, func(sum float64) float64 { return 1 / sum })
	for b := range p.Dim / Lanes {
		to := p.y[(b*p.Tokens+lo)*Lanes:][:width]
		copy(to, result[b*width:])
		p.machine.tokenScale(queries, &to[0], &sums[0])
	}
}
