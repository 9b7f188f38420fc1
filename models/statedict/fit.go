package statedict

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Names says how a network's tensors may be found in files of other programs.
type Names struct {
	// Aliases are other names of a tensor, or of one that holds the same
	// values, such as "layer0.conv1.weight" for "cnn.layer0.conv1.weight".
	Aliases func(name string) []string

	// Head says that a tensor belongs to the layers that a file for other
	// labels has in another shape or not at all. It keeps its initial values.
	Head func(name string) bool

	// Stem names the first convolution's weights, which may have been made
	// for images of three channels.
	Stem string
}

// Fitted says what became of a file's tensors.
type Fitted struct {
	Used    int      // tensors of the network that have the file's values
	Widened string   // the stem, if its three channels were made more
	Initial []string // of the network: not in the file, and left as they were
	Unused  []string // of the file, with shapes: unknown to the network
}

// String is what a person should know, as one line.
func (f *Fitted) String() string {
	parts := []string{fmt.Sprintf("%d tensors taken", f.Used)}
	if f.Widened != "" {
		parts = append(parts, f.Widened+" widened from 3 channels, the first repeated")
	}
	if len(f.Initial) > 0 {
		parts = append(parts, "not in the file and left at initial values: "+strings.Join(f.Initial, ", "))
	}
	if len(f.Unused) > 0 {
		parts = append(parts, "not used: "+strings.Join(f.Unused, ", "))
	}
	return strings.Join(parts, "; ")
}

// Fit gives the network's tensors want, in their order, with the values that
// the file's tensors got have for them. Values are shared with got, or with
// want where the file has none. Every tensor that is missing or has a wrong
// shape is reported.
func Fit(want, got []Tensor, names Names) ([]Tensor, *Fitted, error) {
	byName := map[string]Tensor{}
	used := map[string]bool{}
	for _, t := range got {
		byName[t.Name] = t
	}
	report := &Fitted{}
	var errs []error
	list := slices.Clone(want)
	for i, w := range want {
		candidates := []string{w.Name}
		if names.Aliases != nil {
			candidates = append(candidates, names.Aliases(w.Name)...)
		}
		head := names.Head != nil && names.Head(w.Name)
		found := false
		for _, name := range candidates {
			t, here := byName[name]
			if !here {
				continue
			}
			data, widened, fits := fitShape(w, t, w.Name == names.Stem)
			switch {
			case !fits && head:
				continue
			case !fits:
				errs = append(errs, fmt.Errorf("tensor %s has shape %v, want %v", name, t.Shape, w.Shape))
			case found && !slices.Equal(list[i].Data, data):
				errs = append(errs, fmt.Errorf("tensor %s differs from %s, of which it is the double", name, w.Name))
			}
			list[i].Data, found, used[name] = data, true, true
			if widened {
				report.Widened = name
			}
		}
		switch {
		case found:
			report.Used++
		case head:
			report.Initial = append(report.Initial, w.Name)
		default:
			errs = append(errs, fmt.Errorf("tensor %s is missing", w.Name))
		}
	}
	for _, t := range got {
		if !used[t.Name] {
			report.Unused = append(report.Unused, fmt.Sprintf("%s %v", t.Name, t.Shape))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, nil, err
	}
	return list, report, nil
}

// fitShape gives t's values for w. A stem for three channels becomes one for
// more by repeating its first channel.
func fitShape(w, t Tensor, stem bool) (data []float32, widened, fits bool) {
	if slices.Equal(w.Shape, t.Shape) {
		return t.Data, false, len(t.Data) == len(w.Data)
	}
	if !stem || len(w.Shape) != 4 || len(t.Shape) != 4 || t.Shape[1] != 3 || w.Shape[1] < 3 ||
		w.Shape[0] != t.Shape[0] || !slices.Equal(w.Shape[2:], t.Shape[2:]) {
		return nil, false, false
	}
	plane := w.Shape[2] * w.Shape[3]
	for out := range w.Shape[0] {
		filter := t.Data[out*3*plane : (out+1)*3*plane]
		data = append(data, filter...)
		for range w.Shape[1] - 3 {
			data = append(data, filter[:plane]...)
		}
	}
	return data, true, true
}
