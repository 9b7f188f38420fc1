package reference

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"hpaflow/data/goldentest"
	"hpaflow/models"
	"hpaflow/models/gpu/plan"
)

// host is a Memory like a card's: one arena of bytes, in which values lie where
// the plan has put them, as float32.
type host struct {
	t         *testing.T
	p         *plan.Program
	n         int
	arena     []byte
	params    [][]float64
	gradients map[int][]float64
	moments   map[int][4][]float64
	running   map[int][2][]float64
	targets   []float64
	loss      float64
}

// address is where number i of a value is, and whether it is a byte.
func (h *host) address(id plan.ID, i int) (at int64, small bool) {
	v := h.p.Value(id)
	return v.Offset + (int64(i/v.C)*int64(v.Stride)+int64(i%v.C))*v.Type.Bytes(), v.Type == plan.U8
}

func (h *host) Value(id plan.ID) []float64 {
	v := h.p.Value(id)
	list := make([]float64, v.Rows(h.n)*v.C)
	for i := range list {
		if at, small := h.address(id, i); small {
			list[i] = float64(h.arena[at])
		} else {
			list[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(h.arena[at:])))
		}
	}
	return list
}

func (h *host) SetValue(id plan.ID, list []float64) {
	if v := h.p.Value(id); len(list) != v.Rows(h.n)*v.C {
		h.t.Fatalf("value %d: %d numbers, want %d", id, len(list), v.Rows(h.n)*v.C)
	}
	for i, x := range list {
		if at, small := h.address(id, i); small {
			h.arena[at] = byte(x)
		} else {
			binary.LittleEndian.PutUint32(h.arena[at:], math.Float32bits(float32(x)))
		}
	}
}

func (h *host) Param(i int) []float64            { return h.params[i] }
func (h *host) SetGradient(i int, g []float64)   { h.gradients[i] = g }
func (h *host) Moments(i int) [4][]float64       { return h.moments[i] }
func (h *host) SetMoments(i int, m [4][]float64) { h.moments[i] = m }
func (h *host) Running(i int) [2][]float64       { return h.running[i] }
func (h *host) SetRunning(i int, r [2][]float64) { h.running[i] = r }
func (h *host) Targets() []float64               { return h.targets }
func (h *host) SetLoss(v float64)                { h.loss = v }

// golden is golden.py's tensor.
func golden(q *plan.Param) []float64 {
	v := goldentest.Noise(q.Name, q.Size())
	for i, u := range v {
		switch {
		case len(q.Shape) == 4:
			u *= math.Sqrt(3 / float64(q.Shape[1]*q.Shape[2]*q.Shape[3]))
		case len(q.Shape) == 1 && (strings.HasSuffix(q.Name, "running_var") || strings.HasSuffix(q.Name, "weight")):
			u = 1 + u/4
		default:
			u /= 5
		}
		if len(q.Shape) == 1 && strings.HasSuffix(q.Name, "bias") {
			u++
		}
		v[i] = float64(float32(u))
	}
	return v
}

// turned lays a convolution's weights as a card has them, or back.
func turned(q *plan.Param, v []float64, back bool) []float64 {
	if !q.Conv {
		return v
	}
	out, c, plane := make([]float64, len(v)), q.Shape[1], q.Shape[2]*q.Shape[3]
	for i := range v {
		filter, channel, position := i/(c*plane), i/plane%c, i%plane
		if at := filter*c*plane + position*c + channel; back {
			out[i] = v[at]
		} else {
			out[at] = v[i]
		}
	}
	return out
}

// A plan's training step, done plainly in memory that it has laid out, has
// PyTorch's logits, loss and gradients: the plan is right, and so is the
// reference that cards are compared with. Also where batch norm's results are
// computed again.
func TestPlansEqualPyTorch(t *testing.T) {
	var cases []struct {
		Model, Input                    string
		N, H, W                         int
		AttentionSize, AuxAttentionSize int
		Logits                          []float64
		Loss                            float64
		Grads                           [][3]float64 // by name
	}
	text, err := os.ReadFile("../../cpu/testdata/network.json")
	if err == nil {
		err = json.Unmarshal(text, &cases)
	}
	if err != nil {
		t.Fatal(err)
	}
	tested := map[string]bool{}
	for i, c := range cases {
		if tested[c.Model] || c.Model == "resnet34" { // it has resnet18's layers
			continue
		}
		tested[c.Model] = true
		t.Run(fmt.Sprintf("%s/%dx%dx%d", c.Model, c.N, c.H, c.W), func(t *testing.T) {
			if c.Model != "resnet18" && os.Getenv("HPAFLOW_GPU_LONG") == "" {
				t.Skip("HPAFLOW_GPU_LONG is not set")
			}
			m := models.Options{
				Model: c.Model, Height: c.H, Width: c.W, Batch: c.N + 1,
				AttentionSize: c.AttentionSize, AuxAttentionSize: c.AuxAttentionSize,
			}
			m.EnsureDefaults()
			ps, list, err := plan.New(&m, plan.Options{Kind: plan.Train, Batch: c.N + 1, Thrifty: i%4 == 0})
			if err != nil {
				t.Fatal(err)
			}
			p := list[0]
			h := &host{t: t, p: p, n: c.N, arena: make([]byte, p.Arena), gradients: map[int][]float64{}, moments: map[int][4][]float64{}, running: map[int][2][]float64{}}
			for _, q := range ps.List {
				h.params = append(h.params, turned(q, golden(q), false))
			}
			for k, n := range p.Norms {
				h.running[k] = [2][]float64{make([]float64, n.C), make([]float64, n.C)}
			}
			planes, x := goldentest.Noise(c.Input, c.N*4*c.H*c.W), make([]float64, c.N*4*c.H*c.W)
			for k, v := range planes {
				x[(k/(4*c.H*c.W)*c.H*c.W+k%(c.H*c.W))*4+k/(c.H*c.W)%4] = v
			}
			h.SetValue(p.Input, x)
			for _, v := range goldentest.Noise("y", c.N*28) {
				h.targets = append(h.targets, map[bool]float64{true: 1}[v > .7])
			}
			machine := Machine{Program: p, N: c.N, Whole: c.N, Gamma: 2, Momentum: .1, Memory: h}
			for _, s := range p.Steps {
				if err := machine.Step(s.Op); err != nil {
					t.Fatalf("%s: %v", s.Name, err)
				}
			}
			for k, v := range h.Value(p.Logits) {
				if math.Abs(v-c.Logits[k]) > 1e-4*slices.Max(c.Logits) {
					t.Fatalf("logit %d is %v, want %v", k, v, c.Logits[k])
				}
			}
			if math.Abs(h.loss-c.Loss) > 1e-5*c.Loss {
				t.Errorf("loss %v, want %v", h.loss, c.Loss)
			}
			grads := map[string][]float64{}
			for k, g := range h.gradients {
				grads[ps.List[k].Name] = turned(ps.List[k], g, true)
			}
			digestsAre(t, grads, c.Grads)
		})
	}
}

// digestsAre compares norms and two projections on vectors of +-1 with golden
// ones, which stand in the order of the names.
func digestsAre(t *testing.T, got map[string][]float64, want [][3]float64) {
	t.Helper()
	names := slices.Sorted(maps.Keys(got))
	if len(names) != len(want) {
		t.Fatalf("%d gradients, PyTorch has %d", len(names), len(want))
	}
	worst, largest := 0., 0.
	for _, w := range want {
		largest = max(largest, w[0])
	}
	for i, name := range names {
		var have [3]float64
		for _, v := range got[name] {
			have[0] += v * v
		}
		have[0] = math.Sqrt(have[0])
		for k := range 2 {
			for j, u := range goldentest.Noise(fmt.Sprintf("%s/%d", name, k), len(got[name])) {
				have[k+1] += math.Copysign(1, u) * got[name][j]
			}
		}
		for k := range have {
			off := math.Abs(have[k]-want[i][k]) / max(want[i][0], 1e-4*largest)
			if worst = max(worst, off); !(off <= 1e-3) {
				t.Errorf("%s: norm and projections %v, want %v", name, have, want[i])
				break
			}
		}
	}
	t.Logf("gradients: within %.1e of the norm", worst)
}
