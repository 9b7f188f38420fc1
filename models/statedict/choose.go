package statedict

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// For reads the weights that fit a network's tensors want, names and shapes
// alone, under the network's names for them. Of several state dicts that fit,
// the plain one is taken before averages, and the note says which it is and
// what else there is. Values that are no finite numbers are a NotFiniteError.
func (f *File) For(want []Tensor, names Names) (tensors []Tensor, note string, err error) {
	fits, err := f.fitting(want, names)
	if err != nil {
		return nil, "", err
	}
	if tensors, err = fits[0].dict.read(); err != nil {
		return nil, "", fmt.Errorf("weights: %s: %w", f.Path, err)
	}
	tensors = fits[0].prefix.rename(tensors)
	for _, t := range tensors {
		if fits[0].prefix.known[t.Name] && !t.Finite() {
			return nil, "", &NotFiniteError{t.Name}
		}
	}
	return tensors, f.note(fits), nil
}

// Fits is For without the values: it says why no state dict fits.
func (f *File) Fits(want []Tensor, names Names) error {
	_, err := f.fitting(want, names)
	return err
}

// fitting are the state dicts that fit, the plain ones first. If there is none,
// the error is of the one that comes closest.
func (f *File) fitting(want []Tensor, names Names) ([]candidate, error) {
	list, err := f.wanted()
	if err != nil {
		return nil, err
	}
	var fits []candidate
	var best *candidate // of those that do not fit
	for _, d := range list {
		c := candidateOf(d, want, names)
		if c.err == nil {
			fits = append(fits, c)
		} else if best == nil || c.known > best.known {
			best = &c
		}
	}
	if len(fits) == 0 {
		return nil, fmt.Errorf("%s: %w", f.name(best.dict), best.err)
	}
	slices.SortStableFunc(fits, func(a, b candidate) int { return cmp.Compare(a.dict.rank(), b.dict.rank()) })
	return fits, nil
}

// candidate is a state dict beside a network.
type candidate struct {
	dict   Dict
	prefix renaming
	known  int   // tensors whose names the network knows
	err    error // why it does not fit
}

func candidateOf(d Dict, want []Tensor, names Names) candidate {
	known := map[string]bool{}
	for _, w := range want {
		for _, name := range names.all(w.Name) {
			known[name] = true
		}
	}
	c := candidate{dict: d, prefix: renamingOf(d.Tensors, known)}
	renamed := c.prefix.rename(d.Tensors)
	for _, t := range renamed {
		if known[t.Name] {
			c.known++
		}
	}
	_, _, c.err = Fit(want, renamed, names)
	return c
}

// note says which of several state dicts was taken.
func (f *File) note(fits []candidate) string {
	var parts []string
	if where := fits[0].dict.Where; where != "" && len(f.Dicts) > 1 {
		parts = append(parts, "the weights of "+where)
	}
	if p := fits[0].prefix.main; p != "" {
		parts = append(parts, "names without "+p)
	}
	for _, other := range fits[1:] {
		parts = append(parts, fmt.Sprintf("%s fits too, and is taken with %s#%s", f.name(other.dict), f.Path, other.dict.Where))
	}
	return strings.Join(parts, "; ")
}

func (f *File) name(d Dict) string { return cmp.Or(d.Where, f.Path) }

// wanted are the state dicts to choose among.
func (f *File) wanted() ([]Dict, error) {
	if f.chosen == "" {
		return f.Dicts, nil
	}
	var there []string
	for _, d := range f.Dicts {
		if d.Where == f.chosen {
			return []Dict{d}, nil
		}
		there = append(there, cmp.Or(d.Where, "one that is the file itself"))
	}
	return nil, fmt.Errorf("weights: %s holds no state dict %s; there is %s", f.Path, f.chosen, strings.Join(there[:min(len(there), 10)], ", "))
}

// averaged are words in the keys of weights that are not those a network was
// trained to, but a mean of them.
var averaged = []string{"ema", "average", "avg", "swa", "shadow", "teacher", "target", "momentum", "optimizer"}

// rank is 0 for plain weights, and more for averages.
func (d Dict) rank() int {
	where := strings.ToLower(d.Where)
	if slices.ContainsFunc(averaged, func(word string) bool { return strings.Contains(where, word) }) {
		return 1
	}
	return 0
}

// plainest is the first of the state dicts with the lowest rank.
func plainest(list []Dict) Dict {
	return slices.MinFunc(list, func(a, b Dict) int { return cmp.Compare(a.rank(), b.rank()) })
}
