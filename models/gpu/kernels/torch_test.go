//go:build gpu && linux

package kernels

import (
	"encoding/json"
	"os"
	"testing"
)

// In float32 every result is at most twice as far from float64 as PyTorch's
// float32 operations are, by its largest and by its mean error: testdata/errors.py
// measured those on the same inputs. Half of float32's spacing is allowed anyway.
func TestErrorsBesidePyTorch(t *testing.T) {
	file, err := os.ReadFile("testdata/errors.json")
	if err != nil {
		t.Fatal(err)
	}
	var peer map[string]map[string][2]float64
	if err := json.Unmarshal(file, &peer); err != nil {
		t.Fatal(err)
	}
	const spacing = 1. / (1 << 23)
	plain := layout{}
	optimiser := func(i int) func(d *device) []result {
		return func(d *device) []result {
			results, _ := optimisers[i].results(d, 5003, 0, 4, 0, 5)
			return results
		}
	}
	cases := map[string]func(d *device) []result{
		"norm 20000 8":     func(d *device) []result { return normResults(d, F32, plain, 20000, 8, true, true, 7000) },
		"norm 333 80":      func(d *device) []result { return normResults(d, F32, plain, 333, 80, false, true, 3000) },
		"norm 9 2056":      func(d *device) []result { return normResults(d, F32, plain, 9, 2056, false, false, 5000) },
		"norm pool":        func(d *device) []result { return normPoolResults(d, F32, plain, maxPools[4], 64, 464) },
		"norm pool padded": func(d *device) []result { return normPoolResults(d, F32, plain, maxPools[0], 64, 64) },
		"adaptive up": func(d *device) []result {
			return adaptiveResults(d, F32, plain, Grid{1, 30, 30}, Grid{1, 17, 17}, 40, 200)
		},
		"adaptive down": func(d *device) []result {
			return adaptiveResults(d, F32, plain, Grid{2, 3, 4}, Grid{2, 7, 9}, 40, 0)
		},
		"average":          func(d *device) []result { return averageResults(d, F32, plain, Grid{2, 17, 17}, 48, 30) },
		"mean":             func(d *device) []result { return meanResults(d, F32, plain, 2, 300, 72, 20) },
		"squeeze":          func(d *device) []result { return squeezeResults(d, F32, plain, 5, 64, 80, 5, false, 207) },
		"squeeze norm":     func(d *device) []result { return squeezeResults(d, F32, plain, 5, 64, 80, 5, true, 207) },
		"squeeze norm 264": func(d *device) []result { return squeezeResults(d, F32, plain, 6, 10, 264, 17, true, 407) },
		"linear 512":       func(d *device) []result { return linearResults(d, Linear{32, 512, 28}, 20) },
		"linear 2048":      func(d *device) []result { return linearResults(d, Linear{2, 2048, 9}, 50) },
		"attention":        func(d *device) []result { return attentionResults(d, F32, plain, 3, 49, 28, 20) },
		"attention 289":    func(d *device) []result { return attentionResults(d, F32, plain, 2, 289, 45, 30) },
		"adam":             optimiser(0),
		"adam amsgrad":     optimiser(1),
		"sgd":              optimiser(2),
		"sgd nesterov":     optimiser(3),
	}
	card := open(t)
	for name, errors := range peer {
		t.Run(name, func(t *testing.T) {
			if cases[name] == nil {
				t.Fatal("no such case")
			}
			seen := 0
			for _, r := range cases[name](card.in(t)) {
				allowed, there := errors[r.name]
				if !there {
					continue
				}
				seen++
				largest, mean := r.errors()
				t.Logf("%-16s largest %.2e, PyTorch %.2e; mean %.2e, PyTorch %.2e", r.name, largest, allowed[0], mean, allowed[1])
				if largest > max(2*allowed[0], spacing/2) || mean > max(2*allowed[1], spacing/4) {
					t.Errorf("%s: errors %.2e and %.2e, more than twice PyTorch's %.2e and %.2e", r.name, largest, mean, allowed[0], allowed[1])
				}
			}
			if seen != len(errors) {
				t.Errorf("%d of %d results of PyTorch were compared", seen, len(errors))
			}
		})
	}
}
