package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// tokensOf lays values (n,c,tokens) out in blocks.
func tokensOf(n, c, tokens int, x []float32) []float32 {
	y := make([]float32, n*Blocks(c)*Lanes*tokens)
	ToBlocks(NewWorkspaceOf(1), n, c, tokens, y, x)
	return y
}

func within(t *testing.T, what string, got, want []float32, most float64) {
	t.Helper()
	worst := 0.
	for i := range want {
		worst = max(worst, math.Abs(float64(got[i]-want[i]))/(.1+math.Abs(float64(want[i]))))
	}
	if !(worst <= most) || len(got) < len(want) {
		t.Errorf("%s: off by %.2g, want within %.2g", what, worst, most)
	}
}

func TestLayerNorm(t *testing.T) {
	for _, m := range machines {
		for _, tokens := range []int{1, 5, 32, 65} {
			const n, c, eps = 2, 24, 1e-12
			r := rand.New(rand.NewPCG(1, uint64(tokens)))
			x, gamma, beta := normal(r, n*c*tokens), normal(r, c), normal(r, c)
			want := make([]float32, len(x))
			for i := range n {
				for k := range tokens {
					var sum, squares float64
					at := func(ch int) int { return (i*c+ch)*tokens + k }
					for ch := range c {
						sum += float64(x[at(ch)]) / c
					}
					for ch := range c {
						squares += (float64(x[at(ch)]) - sum) * (float64(x[at(ch)]) - sum) / c
					}
					for ch := range c {
						want[at(ch)] = float32((float64(x[at(ch)])-sum)/math.Sqrt(squares+eps)*float64(gamma[ch]) + float64(beta[ch]))
					}
				}
			}
			l := LayerNorm{C: c, Tokens: tokens, Eps: eps, machine: m}
			y := tokensOf(n, c, tokens, x)
			l.Forward(NewWorkspaceOf(2), n, y, y, gamma, beta)
			within(t, fmt.Sprintf("%s, %d tokens", m.name, tokens), y, tokensOf(n, c, tokens, want), 1e-5)
		}
	}
}

func TestGELU(t *testing.T) {
	var x, want []float32
	for i := -12000; i <= 12000; i++ {
		v := float32(i) / 1000
		x, want = append(x, v), append(want, float32(.5*float64(v)*math.Erfc(-float64(v)/math.Sqrt2)))
	}
	for _, m := range machines {
		y := append(slices.Clone(x), make([]float32, Lanes-len(x)%Lanes)...)
		m.tokenGELU(len(y)/Lanes, &y[0])
		for i, w := range want {
			if d := math.Abs(float64(y[i] - w)); d > 1e-6*math.Max(1e-3, math.Abs(float64(w))) {
				t.Fatalf("%s: GELU(%v) is %v, want %v", m.name, x[i], y[i], w)
			}
		}
		odd := [Lanes]float32{float32(math.NaN()), float32(math.Inf(1)), 200, -200}
		if m.tokenGELU(1, &odd[0]); odd[0] == odd[0] || odd[1]-odd[1] == 0 || odd[2] != 200 || math.Abs(float64(odd[3])) > 1e-30 {
			t.Errorf("%s: at NaN, infinity (which may become NaN), 200 and -200: %v", m.name, odd[:4])
		}
	}
}

// naiveAttention is attention by its formula, all of (n,heads*dim,tokens).
func naiveAttention(n, heads, dim, tokens int, q, k, v []float32) []float32 {
	y := make([]float32, len(q))
	for h := range n * heads {
		at := func(c, t int) int { return (h*dim+c)*tokens + t }
		for i := range tokens {
			scores := make([]float64, tokens)
			most, sum := math.Inf(-1), 0.
			for j := range tokens {
				for c := range dim {
					scores[j] += float64(q[at(c, i)]) * float64(k[at(c, j)])
				}
				scores[j] /= math.Sqrt(float64(dim))
				most = max(most, scores[j])
			}
			for j, s := range scores {
				scores[j] = math.Exp(s - most)
				sum += scores[j]
			}
			for c := range dim {
				var total float64
				for j, s := range scores {
					total += s / sum * float64(v[at(c, j)])
				}
				y[at(c, i)] = float32(total)
			}
		}
	}
	return y
}

// TestSoftmaxAgreesWithPlainOne: the step of a softmax does what its twin in plain Go
// does, for tiles of any size, and a NaN among a token's scores makes all of it NaN.
func TestSoftmaxAgreesWithPlainOne(t *testing.T) {
	for _, m := range machines {
		for tokens := 1; tokens <= m.pixels[m.most()]; tokens++ {
			for blocks := 1; blocks < 6; blocks++ {
				const width = 3
				r := rand.New(rand.NewPCG(uint64(tokens), uint64(blocks)))
				row := tokens * Lanes
				scores, own := normal(r, blocks*row), normal(r, (2+width)*row)
				for i := range scores {
					scores[i] *= 30
				}
				for k := range tokens {
					fill(own[k*Lanes:][:Lanes], []float32{float32(math.Inf(-1)), 20, -20}[k%3])
				}
				odd := r.IntN(tokens)
				scores[odd*Lanes+r.IntN(blocks)*row+r.IntN(Lanes)] = math.Float32frombits(0x7fc00001) // not the usual NaN
				wantScores, wantOwn := slices.Clone(scores), slices.Clone(own)
				m.tokenSoftmax(tokens, blocks, &scores[0], width, &own[0])
				plainSoftmax(tokens, blocks, &wantScores[0], width, &wantOwn[0])
				name := fmt.Sprintf("%s: %d tokens, %d blocks", m.name, tokens, blocks)
				var sum float32
				for l := range Lanes {
					sum += own[row+odd*Lanes+l]
				}
				if sum == sum {
					t.Errorf("%s: no NaN comes of one", name)
				}
				for k := range tokens {
					if k != odd {
						within(t, name, alone(scores, tokens, k), alone(wantScores, tokens, k), 1e-5)
						within(t, name, alone(own, tokens, k), alone(wantOwn, tokens, k), 1e-5)
					}
				}
			}
		}
	}
}

// Attention by AVX2 and by AVX-512 is the same to the bit.
func TestFastAttentionGivesTheSameBits(t *testing.T) {
	if len(machines) < 3 {
		t.Skip("no AVX-512 here")
	}
	rapid.Check(t, func(t *rapid.T) {
		heads, dim := rapid.IntRange(1, 3).Draw(t, "heads"), Lanes*rapid.IntRange(1, 9).Draw(t, "blocks")
		tokens := rapid.IntRange(1, 500).Draw(t, "tokens")
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		x := normal(r, 3*heads*dim*tokens)
		var got [2][]float32
		for i, m := range machines[:2] {
			a, err := newSelfAttention(heads, dim, tokens, m)
			if err != nil {
				t.Fatal(err)
			}
			got[i] = dirty(heads * dim * tokens)
			a.Forward(NewWorkspaceOf(2), 1, got[i], x)
		}
		if !sameBits(got[0], got[1]) {
			t.Fatalf("%s and %s differ", machines[0].name, machines[1].name)
		}
	})
}

// alone is what a tile of so many tokens has of one.
func alone(tile []float32, tokens, k int) (list []float32) {
	for at := k * Lanes; at < len(tile); at += tokens * Lanes {
		list = append(list, tile[at:at+Lanes]...)
	}
	return list
}

// TestSelfAttention: tiles of any size give what the formula gives, and the same
// bits at any number of threads.
func TestSelfAttention(t *testing.T) {
	for _, m := range machines {
		for _, c := range []struct {
			n, heads, dim, tokens int
			spread                float32 // of scores, about
		}{{1, 1, 8, 1, 1}, {2, 3, 16, 7, 1}, {1, 2, 24, 101, 40}, {1, 1, 64, 300, 1}, {1, 2, 16, 530, 9}} {
			r := rand.New(rand.NewPCG(2, uint64(c.tokens)))
			size := c.n * c.heads * c.dim * c.tokens
			q, k, v := normal(r, size), normal(r, size), normal(r, size)
			for i := range q {
				q[i] *= c.spread
			}
			want := tokensOf(c.n, c.heads*c.dim, c.tokens, naiveAttention(c.n, c.heads, c.dim, c.tokens, q, k, v))
			image := size / c.n
			var x []float32
			for i := range c.n {
				for _, part := range [][]float32{q, k, v} {
					x = append(x, tokensOf(1, c.heads*c.dim, c.tokens, part[i*image:(i+1)*image])...)
				}
			}
			a, err := newSelfAttention(c.heads, c.dim, c.tokens, m)
			if err != nil {
				t.Fatal(err)
			}
			var first []float32
			for _, threads := range []int{1, 2, 7} {
				y := dirty(size)
				ws := NewWorkspaceOf(threads)
				a.Forward(ws, c.n, y, x)
				a.Forward(ws, c.n, y, x)
				name := fmt.Sprintf("%s, %+v, %d threads", m.name, c, threads)
				within(t, name, y, want, 2e-5*float64(max(1, c.spread)))
				if first == nil {
					first = y
				} else if !slices.Equal(first, y) {
					t.Errorf("%s: other bits", name)
				}
			}
		}
	}
}

// TestPackedServesAnyWidth: weights of a 1x1 convolution that are prepared for
// one number of tokens serve any other, which networks of tokens rely on.
func TestPackedServesAnyWidth(t *testing.T) {
	const in, out = 64, 88
	r := rand.New(rand.NewPCG(3, 3))
	w := normal(r, in*out)
	for _, m := range machines {
		shape := func(tokens int) *Conv {
			c, err := newConv(ConvShape{In: in, Out: out, H: 1, W: tokens, KH: 1, KW: 1}, m)
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		ws := NewWorkspaceOf(2)
		packed := shape(785).Pack(ws, w)
		for _, tokens := range []int{1, 17, 785} {
			x := normal(r, in*tokens)
			c := shape(tokens)
			got, want := dirty(c.OutSize()), dirty(c.OutSize())
			c.Infer(ws, 1, got, x, packed, Epilogue{})
			c.Forward(ws, 1, want, x, w)
			if !slices.Equal(got, want) {
				t.Errorf("%s: other bits over %d tokens", m.name, tokens)
			}
		}
	}
}
