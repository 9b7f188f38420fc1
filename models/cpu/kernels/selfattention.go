package kernels

import "fmt"

// SelfAttention is scaled dot-product attention among the tokens of an image, by
// heads: y = softmax(q*k^T/sqrt(Dim))*v, where q, k, v and y have Heads*Dim
// channels, each head Dim of them. It holds no weights and may be used by several
// goroutines, each with its own Workspace.
//
// Scores are made tile by tile of queries and keys, and never more of them are
// kept than a tile: what was summed with the keys before is scaled down where a
// tile has a larger score than all before it (attending.go).
type SelfAttention struct {
	Heads, Dim, Tokens int

	machine *machine
	queries tiling
	keys    tiling
	scores  [2]*pass // by whether keys are a last tile
	values  [2]*pass
}

const (
	attentionQueries = 96 // of a tile, about: its scores stay in the second cache

	// attentionKeys are those of a tile: a panel of the values stays in the first cache, and
	// panels of any machine are full. Sums are made by these steps, whoever makes them.
	attentionKeys = 192
)

// tiling is the cut of n into tiles of one size, the last of which is smaller.
type tiling struct{ n, size, count int }

// tilingOf cuts n into tiles of about the same size, a multiple of step, and about
// that at most.
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
		queries: tilingOf(tokens, attentionQueries, m.pixels[m.most()]), keys: tilingOf(tokens, attentionKeys, attentionKeys),
	}
	for i := range 2 {
		_, keys, _ := a.keys.tile(i * (a.keys.count - 1))
		a.scores[i], a.values[i] = rowProduct(m, dim, keys), rowProduct(m, keys, dim)
	}
	return a, nil
}

// rowProduct is a product of rows by in x out weights, whose tiles are laid out by those
// who use it: all are as wide as can be.
func rowProduct(m *machine, in, out int) *pass {
	one := ConvShape{In: in, Out: out, H: 1, W: 1, KH: 1, KW: 1, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1, Groups: 1}
	p := forwardPass(m, one)
	p.perPanel = m.most()
	return p
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
			SelfAttention: a, scratch: s,
			q: x[from:][:head], k: x[from+size:][:head], v: x[from+2*size:][:head],
			y: y[image*size+h*head:][:head],
		}
		p.compute(stretch*a.queries.count/stretches, (stretch+1)*a.queries.count/stretches)
	})
}
