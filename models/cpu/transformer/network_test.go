package transformer

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hpaflow/data"
	"hpaflow/data/embed"
	"hpaflow/models/network"
	"hpaflow/models/statedict"
)

func small(t testing.TB, flights int) *Network {
	t.Helper()
	g := goldens(t)[0]
	s := g.shape()
	n, err := New(s, drawn(s.Outline(s.Image, s.Image).Tensors), flights)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestSameBits: the same image gives the same bits beside others, in any order
// of sizes, at any number of threads and flights.
func TestSameBits(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	sides := []int{64, 48, 64, 96, 16, 64}
	var first []*embed.Embedding
	for _, c := range [][2]int{{1, 1}, {3, 1}, {4, 2}, {2, 4}} {
		runtime.GOMAXPROCS(c[0])
		n := small(t, c[1])
		got := make([]*embed.Embedding, len(sides))
		var all sync.WaitGroup
		for i, side := range sides {
			all.Go(func() {
				list, err := n.Embed(t.Context(), []*data.Image{drawnImage(fmt.Sprint(i), 4, side, 16)})
				if err != nil {
					t.Error(err)
					return
				}
				got[i] = list[0]
			})
		}
		all.Wait()
		if t.Failed() {
			return
		}
		if first == nil {
			first = got
		}
		for i, e := range got {
			if !slices.Equal(e.Features, first[i].Features) || !slices.Equal(e.Probabilities, first[i].Probabilities) || !slices.Equal(e.Attention, first[i].Attention) {
				t.Errorf("%d threads, %d flights: image %d has other bits", c[0], c[1], i)
			}
		}
	}
}

func TestEmbedRefuses(t *testing.T) {
	n := small(t, 1)
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("stop")
	for want, images := range map[string][]*data.Image{
		"an image of 3 planes; the network takes 4":             {drawnImage("x", 3, 64, 8)},
		"images of 60x60 pixels; subcell takes multiples of 16": {drawnImage("x", 4, 60, 8)},
	} {
		if _, err := n.Embed(ctx, images); err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
	held := <-n.free
	cancel(stop)
	if _, err := n.Embed(ctx, []*data.Image{drawnImage("x", 4, 64, 8)}); !errors.Is(err, stop) {
		t.Errorf("with no flight free: %v", err)
	}
	n.free <- held
}

func TestNewRefuses(t *testing.T) {
	g := goldens(t)[0]
	for want, spoil := range map[string]func(*network.SubCell, *[]statedict.Tensor){
		"tensor encoder.layernorm.bias is missing": func(_ *network.SubCell, l *[]statedict.Tensor) {
			*l = slices.DeleteFunc(*l, func(w statedict.Tensor) bool { return w.Name == "encoder.layernorm.bias" })
		},
		"has shape [32], want [64]": func(_ *network.SubCell, l *[]statedict.Tensor) {
			(*l)[3].Shape, (*l)[3].Data = []int{32}, make([]float32, 32)
		},
		"has 63 values, and shape [64]":            func(_ *network.SubCell, l *[]statedict.Tensor) { (*l)[3].Data = make([]float32, 63) },
		"hidden_size is 64, want a multiple of 40": func(s *network.SubCell, _ *[]statedict.Tensor) { s.Heads = 5 },
		"image_size is 70, want a multiple of 16":  func(s *network.SubCell, _ *[]statedict.Tensor) { s.Image = 70 },
		"num_hidden_layers is 0, want 1 to 96":     func(s *network.SubCell, _ *[]statedict.Tensor) { s.Layers = 0 },
	} {
		s := g.shape()
		list := drawn(s.Outline(s.Image, s.Image).Tensors)
		spoil(&s, &list)
		if _, err := New(s, list, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

// TestFullSize holds the full network against what golden.py full has left in
// SUBCELL_DUMP, within 1e-4, and says how long an image takes.
func TestFullSize(t *testing.T) {
	dir := os.Getenv("SUBCELL_DUMP")
	if dir == "" {
		t.Skip("no SUBCELL_DUMP: see testdata/golden.py")
	}
	g := goldens(t)[0]
	s := g.shape()
	s.Image, s.Hidden, s.Inner, s.Layers, s.Heads, s.PoolInner = 448, 768, 3072, 12, 12, 512
	n, err := New(s, drawn(s.Outline(s.Image, s.Image).Tensors), 1)
	if err != nil {
		t.Fatal(err)
	}
	took := map[string]time.Duration{}
	flops := map[string]float64{}
	n.Observe(func(name string, d time.Duration, f float64) {
		kind := name
		if i := strings.LastIndexByte(name, '.'); i > 0 && strings.HasPrefix(name, "dense") {
			kind = "dense" + name[strings.LastIndexByte(name[:i], '.'):]
		} else if strings.HasPrefix(name, "norm") {
			kind = "norm"
		}
		took[kind] += d
		flops[kind] += f
	})
	want := map[string][]float64{}
	for _, name := range []string{"embeddings", "probabilities", "attention"} {
		want[name] = npy(t, filepath.Join(dir, name+".npy"))
	}
	side := 16 * int(math.Sqrt(float64(len(want["attention"])/4))) // of two images and two heads
	for i, name := range []string{"first", "second"} {
		clear(took)
		start := time.Now()
		list, err := n.Embed(t.Context(), []*data.Image{drawnImage(name, 4, side, 16)})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%d px: %v, %d MiB of activations", side, time.Since(start).Round(time.Millisecond), n.ActivationBytes()>>20)
		for what, got := range map[string][]float32{"embeddings": list[0].Features, "probabilities": list[0].Probabilities, "attention": list[0].Attention} {
			w := want[what]
			if share := off(got, w[i*len(w)/2:(i+1)*len(w)/2]); !(share < 1e-4) {
				t.Errorf("%s of %s: off by %.1e of its norm", what, name, share)
			} else {
				t.Logf("%s: within %.1e", what, share)
			}
		}
	}
	for kind, d := range took {
		t.Logf("%-30s %8.1f ms %6.1f GFLOP/s", kind, d.Seconds()*1e3, flops[kind]/2/d.Seconds()/1e9)
	}
}

// npy reads an array of float32.
func npy(t *testing.T, path string) (list []float64) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	body := b[10+int(binary.LittleEndian.Uint16(b[8:])):]
	values := make([]float32, len(body)/4)
	if _, err := binary.Decode(body, binary.LittleEndian, values); err != nil {
		t.Fatal(err)
	}
	for _, v := range values {
		list = append(list, float64(v))
	}
	return list
}
