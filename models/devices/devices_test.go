package devices

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"hpaflow/models/cpu"
	"hpaflow/models/network"
)

// What is asked for in words that mean nothing is refused, and the processor is
// not asked for precisions that it does not have.
func TestOptionsAreChecked(t *testing.T) {
	for _, c := range []struct {
		device, precision, want string
	}{
		{"", "", ""},
		{"auto", "fp32", ""},
		{"cpu", "fp32", ""},
		{"cpu", "bf16", "precision bf16 is a card's"},
		{"auto", "fp16", `precision "fp16" is not one of auto, fp32, tf32, bf16`},
		{"tpu", "", `device "tpu" is not auto, cpu, gpu, gpu:N,... or gpu:all`},
		{"gpu:", "", `"" is no card's number`},
		{"gpu:1,x", "", `"x" is no card's number`},
		{"gpu:-1", "", `"-1" is no card's number`},
		{"gpu:1,1", "", "names card 1 twice"},
	} {
		o := Options{Device: c.device, Precision: c.precision}
		o.EnsureDefaults()
		err := o.Validate()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("device %q precision %q: error %v, want %q", c.device, c.precision, err, c.want)
		}
	}
}

// Cards are never replaced by the processor where they were asked for by name.
func TestNoSilentFallback(t *testing.T) {
	if backend, _, err := Open(Options{Device: "cpu"}); err != nil || backend == nil {
		t.Errorf("the processor: %v, %v", backend, err)
	}
	if Built {
		t.Skip("this build has cards")
	}
	for _, device := range []string{"gpu", "gpu:0,1", "gpu:all"} {
		if _, _, err := Open(Options{Device: device}); !errors.Is(err, ErrNotBuilt) {
			t.Errorf("%s: error %v", device, err)
		}
	}
	if _, _, err := Open(Options{Precision: "tf32"}); err == nil || !strings.Contains(err.Error(), "a processor computes in fp32") {
		t.Errorf("tf32 where auto finds no card: error %v", err)
	}
}

// A network that no card computes is refused on one before there is any work,
// and the processor's where the device is left open.
func TestProcessorsNetworks(t *testing.T) {
	for _, name := range network.Names() {
		alone := !slices.Contains(network.OnCards(), name)
		o := Options{Network: name, Device: "gpu"}
		if err := o.checkNetwork(); (err != nil) != alone || alone && !strings.Contains(err.Error(), name+" is computed on the processor alone: use device cpu") {
			t.Errorf("%s: %v", name, err)
		}
		if o.Device = Auto; !alone {
			continue
		}
		if backend, _, err := Open(o); err != nil || backend != (cpu.Backend{}) {
			t.Errorf("%s: %v, %v", name, backend, err)
		}
	}
}
