package transformer

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"hpaflow/data"
	"hpaflow/data/goldentest"
	"hpaflow/models/network"
	"hpaflow/models/statedict"
)

// golden is a network of testdata/golden.py, which names its shape in its own way.
type golden struct {
	Shape struct {
		Channels, Image, Patch, Hidden, Inner, Layers, Heads int
		PoolInner                                            int `json:"pool_inner"`
		PoolHeads                                            int `json:"pool_heads"`
		Classes, Classifiers                                 int
	}
	Side, Depth                         int
	Embedding, Probabilities, Attention []float64
}

func (g *golden) shape() network.SubCell {
	s := g.Shape
	return network.SubCell{
		Channels: s.Channels, Image: s.Image, Patch: s.Patch, Hidden: s.Hidden, Inner: s.Inner, Layers: s.Layers, Heads: s.Heads,
		Eps: 1e-12, PoolInner: s.PoolInner, PoolHeads: s.PoolHeads, Classes: s.Classes, Classifiers: s.Classifiers,
	}
}

func goldens(t testing.TB) (list []golden) {
	t.Helper()
	text, err := os.ReadFile("testdata/golden.json")
	if err == nil {
		err = json.Unmarshal(text, &list)
	}
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// drawn gives tensors the values that golden.py draws by their names.
func drawn(list []statedict.Tensor) []statedict.Tensor {
	list = slices.Clone(list)
	for i, w := range list {
		size := 1
		for _, side := range w.Shape {
			size *= side
		}
		list[i].Data = make([]float32, size)
		for k, u := range goldentest.Noise(w.Name, size) {
			switch {
			case len(w.Shape) == 2 || len(w.Shape) == 4:
				u *= math.Sqrt(3 / float64(size/w.Shape[0]))
			case len(w.Shape) == 1 && strings.HasSuffix(w.Name, "weight"):
				u = 1 + u/4
			default:
				u /= 5
			}
			list[i].Data[k] = float32(u)
		}
	}
	return list
}

// drawnImage is golden.py's.
func drawnImage(name string, channels, side, depth int) *data.Image {
	im := data.NewImage(side, side, channels, max(8, depth))
	for c, p := range im.Planes {
		for i := range side * side {
			v := int(goldentest.Hash(name, c*side*side+i)>>26) + (i/side*3+i%side*5)%150 + 7
			switch depth {
			case 0:
				p.U8[i] = 9
			case 8:
				p.U8[i] = uint8(v)
			default:
				p.U16[i] = uint16(v * 211)
			}
		}
	}
	return im
}

// off is how far values are from golden ones, as a share of the latter's norm.
func off(got []float32, want []float64) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	var distance, norm float64
	for i, w := range want {
		distance += (float64(got[i]) - w) * (float64(got[i]) - w)
		norm += w * w
	}
	return math.Sqrt(distance / norm)
}

// TestGolden: PyTorch's numbers, for all numbers of planes, at the trained size
// and with the position table resized, of 8 and 16 bits, and of an image of one
// value.
func TestGolden(t *testing.T) {
	for i, g := range goldens(t) {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			s := g.shape()
			n, err := New(s, drawn(s.Outline(s.Image, s.Image).Tensors), 1)
			if err != nil {
				t.Fatal(err)
			}
			list, err := n.Embed(t.Context(), []*data.Image{drawnImage("cell", s.Channels, g.Side, g.Depth)})
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range []struct {
				what string
				got  []float32
				want []float64
			}{{"embedding", list[0].Features, g.Embedding}, {"probabilities", list[0].Probabilities, g.Probabilities}, {"attention", list[0].Attention, g.Attention}} {
				if share := off(c.got, c.want); !(share < 1e-5) {
					t.Errorf("%s: off by %.1e of its norm", c.what, share)
				} else {
					t.Logf("%s: within %.1e", c.what, share)
				}
			}
		})
	}
}
