package statedict

import (
	"fmt"
	"slices"
)

// Match finds every difference in name or shape between the tensors that are
// wanted and those there are; the error names the first of them.
func Match(want, got []Tensor) error {
	var errs []error
	byName := map[string]Tensor{}
	for _, t := range got {
		if _, twice := byName[t.Name]; twice {
			errs = append(errs, fmt.Errorf("tensor %s is given twice", t.Name))
		}
		byName[t.Name] = t
	}
	for _, w := range want {
		t, found := byName[w.Name]
		switch {
		case !found:
			errs = append(errs, fmt.Errorf("tensor %s is missing", w.Name))
		case !slices.Equal(t.Shape, w.Shape) || len(t.Data) != len(w.Data):
			errs = append(errs, fmt.Errorf("tensor %s has shape %v, want %v", w.Name, t.Shape, w.Shape))
		}
		delete(byName, w.Name)
	}
	for _, t := range got {
		if _, left := byName[t.Name]; left {
			errs = append(errs, fmt.Errorf("tensor %s is unknown to the network", t.Name))
			delete(byName, t.Name)
		}
	}
	return few(errs)
}

// Copy copies matched tensors into place.
func Copy(dst, src []Tensor) {
	byName := map[string]Tensor{}
	for _, t := range src {
		byName[t.Name] = t
	}
	for _, t := range dst {
		copy(t.Data, byName[t.Name].Data)
	}
}
