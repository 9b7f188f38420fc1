//go:build gpu && linux

package gpu

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"hpaflow/models/gpu/kernels"
	"hpaflow/models/network"
)

// All that a card computes is found right, in each precision, by the formulas
// that plans and PyTorch's goldens agree on; each shape once.
func TestCheckFindsAllRight(t *testing.T) {
	t.Setenv("HPAFLOW_FAKE_DEVICES", "1")
	networks, precisions := []string{"resnet18"}, []string{"bf16"}
	if longRun() {
		networks, precisions = network.OnCards(), nil
	}
	launched := map[string]bool{}
	kernels.Launched = func(name string) { launched[name] = true }
	t.Cleanup(func() { kernels.Launched = nil })
	var heard int
	r, err := Check(context.Background(), CheckOptions{Quick: true, Networks: networks, Precisions: precisions, Found: func(Finding) { heard++ }})
	if err != nil {
		t.Fatal(err)
	}
	if heard != len(r.Findings) || heard < 100 {
		t.Errorf("%d findings, %d heard of", len(r.Findings), heard)
	}
	for _, name := range kernels.Names() {
		// Numbers one by one, convolutions by our own kernels of other groups than the
		// networks have, and copies of several cards are for the kernels' own tests.
		other := strings.HasSuffix(name, "_1") || strings.HasPrefix(name, "copy_") || strings.HasPrefix(name, "conv_groups_weights_") ||
			strings.HasPrefix(name, "conv_") && !strings.HasPrefix(name, "conv_groups_") && !strings.HasPrefix(name, "conv_weights_finish_")
		if longRun() && !launched[name] && !other {
			t.Errorf("the check leaves out the kernel %s", name)
		}
	}
	worst := map[string]float64{}
	for _, f := range r.Findings {
		kind, _, _ := strings.Cut(f.Shape, " ")
		kind += " " + f.Precision
		worst[kind] = max(worst[kind], f.Error)
		if !f.OK || f.Time <= 0 {
			t.Errorf("%+v", f)
		}
	}
	t.Log(worst)
	if !r.OK {
		t.Error("the whole is not right")
	}
	text, err := json.Marshal(r)
	if err != nil || !strings.Contains(string(text), `"deterministic":true`) {
		t.Errorf("%.200s, %v", text, err)
	}
}

// What is too far off, or other each time, is a fault.
func TestCheckFindsFaults(t *testing.T) {
	var found []Finding
	c := &checker{note: func(f Finding) { found = append(found, f) }}
	for _, f := range []Finding{
		{Error: .1, Limit: .2, Deterministic: true}, {Error: .3, Limit: .2, Deterministic: true},
		{Error: math.NaN(), Limit: .2, Deterministic: true}, {Error: .1, Limit: .2},
	} {
		c.judge(&f)
	}
	var faults []string
	for _, f := range found {
		faults = append(faults, fmt.Sprint(f.OK, f.Fault))
	}
	far := "falsetoo far from float64 arithmetic"
	if want := []string{"true", far, far, "falseother bits the second time"}; !slices.Equal(faults, want) {
		t.Errorf("%q, want %q", faults, want)
	}
	nan := math.NaN()
	for _, c := range []struct {
		got, want []float64
		apart     float64
	}{
		{[]float64{3, 4}, []float64{3, 4}, 0}, {[]float64{3, 5, 9}, []float64{3, 4, nan}, .2},
		{[]float64{1}, []float64{0}, math.Inf(1)}, {[]float64{1}, nil, math.Inf(1)}, {[]float64{nan, 1}, []float64{1, 1}, nan},
	} {
		if got := apart(c.got, c.want); got != c.apart && !(math.IsNaN(got) && math.IsNaN(c.apart)) {
			t.Errorf("%v and %v are %v apart, want %v", c.got, c.want, got, c.apart)
		}
	}
}

// A machine's cards and libraries are told, and what is not there in its place.
func TestListTellsWhatIsThere(t *testing.T) {
	t.Setenv("HPAFLOW_FAKE_DEVICES", "2")
	t.Setenv("HPAFLOW_FAKE_CAPABILITY", "7.0")
	l := List()
	if len(l.Cards) != 2 || !strings.Contains(l.Cards[1].Error, "7.5 is needed") || l.Driver.Path == "" || l.CuDNN.Version == "" || l.NCCL.Error != "" {
		t.Errorf("%+v", l)
	}
	t.Setenv("HPAFLOW_FAKE_CAPABILITY", "9.0")
	if l := List(); l.Cards[0].Error != "" || l.Cards[0].Precision != "tf32" || l.Cards[0].Memory <= 0 {
		t.Errorf("%+v", l.Cards)
	}
	t.Setenv("HPAFLOW_FAKE_DEVICES", "0")
	if r, err := Check(context.Background(), CheckOptions{Quick: true}); err != nil || r.OK {
		t.Errorf("without a card: %+v, %v", r, err)
	}
}
