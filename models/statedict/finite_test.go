package statedict

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// Weights that are infinite or no numbers are refused by the name of their tensor;
// what the network does not read may hold anything.
func TestForRefusesWhatIsNoNumber(t *testing.T) {
	for _, bad := range []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))} {
		for _, c := range []struct{ tensor, refused string }{
			{"bn1.weight", "bn1.weight"}, {"mask", ""},
		} {
			path := filepath.Join(t.TempDir(), "w.safetensors")
			all := append(smallNetwork(), Tensor{Name: "mask", Shape: []int{2}})
			for i := range all {
				size := 1
				for _, n := range all[i].Shape {
					size *= n
				}
				all[i].Data = counting(size)
				if all[i].Name == c.tensor {
					all[i].Data[size-1] = bad
				}
			}
			w, err := os.Create(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(Write(w, all, nil), w.Close()); err != nil {
				t.Fatal(err)
			}
			f, err := Open(path)
			if err != nil {
				t.Fatal(err)
			}
			_, _, err = f.For(smallNetwork(), smallNames())
			var endless *NotFiniteError
			if refused := errors.As(err, &endless); refused != (c.refused != "") || refused && endless.Tensor != c.refused || !refused && err != nil {
				t.Errorf("%v in %s: %v", bad, c.tensor, err)
			}
			if err := f.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}
