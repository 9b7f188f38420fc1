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
	// values, such as "layer0.conv1.weight" for "cnn.layer0.conv1.weight". Under
	// another name its shape may have more ones at its end, or fewer.
	Aliases func(name string) []string

	// Head says that a tensor belongs to the layers that a file for other
	// labels has in another shape or not at all. It keeps its initial values.
	Head func(name string) bool

	// Instead are names that a tensor of such a layer goes by in files of
	// networks alike, such as "fc.weight": the first of the right shape is taken
	// where the file has not the name itself.
	Instead func(name string) []string

	// Stem names the first convolution's weights, which may have been made for images
	// of three channels, and become ones for as many as the network takes (stem.go).
	Stem string

	// Exact says that they may not: a network that is not trained would predict
	// nothing of use.
	Exact bool
}

// Whole are the names for a network that is to predict with what a file holds: its
// head must be there, and its stem for as many planes.
func (n Names) Whole() Names {
	n.Head, n.Exact = nil, true
	return n
}

// Fitted says what became of a file's tensors.
type Fitted struct {
	Used    int      // tensors of the network that have the file's values
	Widened string   // the stem, if it was for three channels, and what was done
	Initial []string // of the network: not in the file, and left as they were
	Unused  []string // of the file, with shapes: unknown to the network
}

// String is what a person should know, as one line.
func (f *Fitted) String() string {
	parts := []string{fmt.Sprintf("%d tensors taken", f.Used)}
	if f.Widened != "" {
		parts = append(parts, f.Widened)
	}
	if len(f.Initial) > 0 {
		parts = append(parts, "not in the file and left at initial values: "+strings.Join(f.Initial, ", "))
	}
	if len(f.Unused) > 0 {
		parts = append(parts, "not used: "+strings.Join(f.Unused, ", "))
	}
	return strings.Join(parts, "; ")
}

// all are the names that a tensor may have in a file, its own first.
func (n Names) all(name string) []string {
	list := []string{name}
	if n.Aliases != nil {
		list = append(list, n.Aliases(name)...)
	}
	if n.Instead != nil {
		list = append(list, n.Instead(name)...)
	}
	return list
}

// Fit gives the network's tensors want, in their order, with the values that
// the file's tensors got have for them. Values are shared with got, or with
// want where the file has none. Every tensor that is missing or has a wrong
// shape is a fault, and the error names the first of them. Tensors without
// values on both sides are fitted by name and shape alone.
func Fit(want, got []Tensor, names Names) ([]Tensor, *Fitted, error) {
	f := fitting{byName: map[string]Tensor{}, used: map[string]bool{}, names: names}
	for _, t := range got {
		f.byName[t.Name] = t
	}
	list := slices.Clone(want)
	for i := range list {
		f.fill(&list[i])
	}
	for _, t := range got {
		if !f.used[t.Name] {
			f.report.Unused = append(f.report.Unused, fmt.Sprintf("%s %v", t.Name, t.Shape))
		}
	}
	if err := few(f.faults); err != nil {
		return nil, nil, err
	}
	return list, &f.report, nil
}

// fitting is a file's tensors while they are laid against a network's.
type fitting struct {
	byName map[string]Tensor
	used   map[string]bool
	names  Names
	report Fitted
	faults []error
}

// fill gives a tensor of the network its values.
func (f *fitting) fill(w *Tensor) {
	doubles := []string{w.Name}
	if f.names.Aliases != nil {
		doubles = append(doubles, f.names.Aliases(w.Name)...)
	}
	head := f.names.Head != nil && f.names.Head(w.Name)
	found, wrong := false, false
	for _, name := range doubles {
		t, here := f.byName[name]
		if !here {
			continue
		}
		same := slices.Equal(w.Shape, t.Shape) || name != w.Name && slices.Equal(trimmed(w.Shape), trimmed(t.Shape))
		values, how, fits := t.Data, "", same && len(t.Data) == len(w.Data)
		stem := w.Name == f.names.Stem && forOtherPlanes(w.Shape, t.Shape)
		if stem && !f.names.Exact && adaptable(t) {
			values, how = adapted(t, w.Shape[1])
			fits = len(values) == len(w.Data)
		}
		switch {
		case !fits && head:
			continue
		case !fits && stem:
			f.fault("tensor %s has shape %v: it is for images of %d planes, not %d", name, t.Shape, t.Shape[1], w.Shape[1])
			wrong = true
			continue
		case !fits:
			f.fault("tensor %s has shape %v, want %v", name, t.Shape, w.Shape)
			wrong = true
			continue
		case found && !slices.Equal(w.Data, values):
			f.fault("tensor %s differs from %s, of which it is the double", name, w.Name)
		}
		w.Data, found, f.used[name] = values, true, true
		if how != "" {
			f.report.Widened = name + " " + how
		}
	}
	found = found || f.fillInstead(w)
	switch {
	case found:
		f.report.Used++
	case head:
		f.report.Initial = append(f.report.Initial, w.Name)
	case !wrong:
		f.fault("tensor %s is missing", w.Name)
	}
}

// trimmed is a shape without the ones at its end, by which programs differ: (96)
// and (96,1,1) are the same factors.
func trimmed(shape []int) []int {
	for len(shape) > 1 && shape[len(shape)-1] == 1 {
		shape = shape[:len(shape)-1]
	}
	return shape
}

// fillInstead is fill by the first of the other names that has the right shape.
func (f *fitting) fillInstead(w *Tensor) bool {
	if f.names.Instead == nil {
		return false
	}
	for _, name := range f.names.Instead(w.Name) {
		if t, here := f.byName[name]; here && slices.Equal(t.Shape, w.Shape) {
			w.Data, f.used[name] = t.Data, true
			return true
		}
	}
	return false
}

func (f *fitting) fault(format string, args ...any) {
	f.faults = append(f.faults, fmt.Errorf(format, args...))
}

// mostFaults is how many of many faults an error names.
const mostFaults = 3

// few joins faults into an error of one line; nil if there are none.
func few(faults []error) error {
	if len(faults) == 0 {
		return nil
	}
	var text []string
	for _, fault := range faults[:min(len(faults), mostFaults)] {
		text = append(text, fault.Error())
	}
	if more := len(faults) - mostFaults; more > 0 {
		text = append(text, fmt.Sprintf("and %d more", more))
	}
	return errors.New(strings.Join(text, "; "))
}
