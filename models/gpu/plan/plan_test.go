package plan

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"hpaflow/models"
	"hpaflow/models/network"
)

// each plans every network for every use.
func each(t *testing.T, f func(t *testing.T, m *models.Options, ps *Params, p *Program)) {
	for _, model := range network.OnCards() {
		for _, o := range []Options{
			{Kind: Predict, Batch: 3}, {Kind: Train, Batch: 3}, {Kind: Train, Batch: 3, Type: BF16, Thrifty: true}, {Kind: Statistics, Batch: 3},
		} {
			t.Run(fmt.Sprintf("%s/%+v", model, o), func(t *testing.T) {
				m := models.Options{Model: model, Height: 128, Width: 96, AttentionSize: 3}
				m.EnsureDefaults()
				ps, list, err := New(&m, o)
				if err != nil {
					t.Fatal(err)
				}
				f(t, &m, ps, list[0])
			})
		}
	}
}

// The tensors are those of the network's outline, and each has a place of its
// own in its buffer.
func TestTensorsAreTheOutlines(t *testing.T) {
	each(t, func(t *testing.T, m *models.Options, ps *Params, p *Program) {
		outline, err := network.Sketch(m.Model, m.Channels, m.Height, m.Width, m.Classes, p.Kind == Train)
		if err != nil {
			t.Fatal(err)
		}
		var got, want []string
		for i, q := range ps.List {
			got = append(got, fmt.Sprint(q.Name, q.Shape))
			for _, o := range ps.List[:i] {
				if o.Statistic == q.Statistic && o.Offset < q.Offset+q.Size() && q.Offset < o.Offset+o.Size() {
					t.Fatalf("%s lies on %s", q.Name, o.Name)
				}
			}
			if whole := map[bool]int{false: ps.Trainable, true: ps.Statistics}[q.Statistic]; q.Offset+q.Size() > whole {
				t.Fatalf("%s ends at %d of %d", q.Name, q.Offset+q.Size(), whole)
			}
			if q.Conv != (q.Offset < ps.Weights && !q.Statistic) {
				t.Errorf("%s lies at %d, weights end at %d", q.Name, q.Offset, ps.Weights)
			}
		}
		for _, w := range outline.Tensors {
			want = append(want, fmt.Sprint(w.Name, w.Shape))
		}
		if !slices.Equal(got, want) {
			t.Errorf("tensors %v, want %v", got, want)
		}
	})
}

// While training every parameter has its gradient computed once; else none has.
func TestEveryParameterHasAGradient(t *testing.T) {
	each(t, func(t *testing.T, m *models.Options, ps *Params, p *Program) {
		count := make([]int, len(ps.List))
		for _, s := range p.Steps {
			for _, i := range p.Gradients(s.Op) {
				count[i]++
			}
		}
		for i, q := range ps.List {
			want := 0
			if p.Kind == Train && !q.Statistic {
				want = 1
			}
			if count[i] != want {
				t.Errorf("%s has its gradient computed %d times, want %d", q.Name, count[i], want)
			}
		}
	})
}

// Values that are alive at once share no byte, unless one lies in the place of
// the other on purpose; convolutions see whole rows only; all lies in the arena.
func TestLivingValuesShareNothing(t *testing.T) {
	each(t, func(t *testing.T, m *models.Options, ps *Params, p *Program) {
		type span struct{ first, last int }
		life := map[ID]*span{}
		note := func(id ID, at int) {
			if id == None {
				return
			}
			if life[id] == nil {
				life[id] = &span{at, at}
			}
			life[id].last = at
		}
		note(p.Input, -1)
		for i, s := range p.Steps {
			for _, id := range s.Op.touches() {
				note(id, i)
			}
			var convolved []ID
			switch s.Op.(type) {
			case *Conv, *ConvData, *ConvWeights:
				convolved = s.Op.touches()
			}
			for _, id := range convolved {
				if v := p.Value(id); v.Stride != v.C {
					t.Errorf("%s has rows of %d of %d channels", s.Name, v.C, v.Stride)
				}
			}
		}
		note(p.Logits, len(p.Steps))
		for a, x := range life {
			v := p.Value(a)
			if end := v.Offset + int64(v.Rows(p.Batch)-1)*int64(v.Stride)*v.Type.Bytes() + int64(v.C)*v.Type.Bytes(); end > p.Arena || v.Offset < 0 {
				t.Fatalf("value %d ends at %d of %d", a, end, p.Arena)
			}
			for b, y := range life {
				w := p.Value(b)
				if a == b || v.place == w.place || x.last < y.first || y.last < x.first {
					continue
				}
				one, two := p.places[v.place], p.places[w.place]
				if one.offset < two.offset+two.bytes(p.Batch) && two.offset < one.offset+one.bytes(p.Batch) {
					t.Fatalf("values %d and %d share memory", a, b)
				}
			}
		}
	})
}

// What is laid into wider rows lies beside the others, and nothing is copied:
// in inception_v3 all branches end in a batch norm or a pool.
func TestBranchesLieInTheirConcatenation(t *testing.T) {
	each(t, func(t *testing.T, m *models.Options, ps *Params, p *Program) {
		slices := 0
		for _, s := range p.Steps {
			if c, copied := s.Op.(*Copy); copied {
				t.Errorf("%s copies %+v", s.Name, c)
			}
			if a, norm := s.Op.(*Apply); norm && p.slice(a.Out) {
				slices++
			}
		}
		if (slices > 0) != (m.Model == "inception_v3") {
			t.Errorf("%d slices", slices)
		}
	})
}

// Batch norm is computed by what reads it where that can be: before the stem's
// pool, under a residual, in squeeze-and-excitation.
func TestNormsAreComputedByTheWay(t *testing.T) {
	each(t, func(t *testing.T, m *models.Options, ps *Params, p *Program) {
		var pools, residuals, squeezes int
		for _, s := range p.Steps[:p.Backward] {
			switch o := s.Op.(type) {
			case *MaxPool:
				if o.Norm != NoNorm {
					pools++
				}
			case *Apply:
				if o.ResidualNorm != NoNorm {
					residuals++
				}
			case *SqueezeExcite:
				if o.Norm != NoNorm {
					squeezes++
				}
			}
		}
		want := map[string][3]int{"resnet18": {1, 3, 0}, "resnet34": {1, 3, 0}, "inception_v3": {2, 0, 0}, "se_resnext50": {1, 0, 16}}[m.Model]
		if got := [3]int{pools, residuals, squeezes}; got != want {
			t.Errorf("%v pools, residuals and squeezes with a norm, want %v", got, want)
		}
	})
}

// A plan that keeps less needs less memory, and no more than the result of one
// norm is computed again for each convolution.
func TestThriftNeedsLess(t *testing.T) {
	for _, model := range network.OnCards() {
		m := models.Options{Model: model, Height: 256, Width: 256}
		m.EnsureDefaults()
		_, list, err := New(&m, Options{Kind: Train, Batch: 8}, Options{Kind: Train, Batch: 8, Thrifty: true})
		if err != nil {
			t.Fatal(err)
		}
		again := 0
		for _, s := range list[1].Steps {
			if strings.HasPrefix(s.Name, "batch norm again") {
				again++
			}
		}
		t.Logf("%s: %d and %d MiB", model, list[0].Arena>>20, list[1].Arena>>20)
		if again == 0 || list[1].Arena > list[0].Arena*9/10 {
			t.Errorf("%s: %d norms computed again, %d bytes against %d", model, again, list[1].Arena, list[0].Arena)
		}
	}
}
