package augment

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
)

// Policy is a list of sets. An image gets one pair of one of them.
type Policy []Set

// Set is the pairs that are searched for, and found good or bad, together.
type Set []Pair

// Pair is two operations, done one after the other.
type Pair [2]Operation

// Operation is a kind of change, such as Blur or Rotate, the probability with
// which it is done, and its numbers, such as blur_limit.
type Operation struct {
	Kind    string
	P       float64
	Numbers map[string][]float64 // one each; two for a range
}

//go:embed best.json
var best []byte

// Best is the policy that the published search found: five sets of five pairs.
func Best() Policy {
	p, err := Parse("best.json", best)
	if err != nil {
		panic(err) // a test reads it
	}
	return p
}

// Pairs are those of all sets. One of them is drawn, each as likely as another.
func (p Policy) Pairs() []Pair { return slices.Concat(p...) }

// Validate names every fault of the policy and its place.
func (p Policy) Validate() error {
	var faults []error
	if len(p.Pairs()) == 0 {
		faults = append(faults, errors.New("the policy has no pair of operations"))
	}
	for i, set := range p {
		for j, pair := range set {
			for k, o := range pair {
				for _, fault := range o.faults() {
					faults = append(faults, fmt.Errorf("%s: %w", place(i, j, k), fault))
				}
			}
		}
	}
	return errors.Join(faults...)
}

func place(set, pair, operation int) string {
	return fmt.Sprintf("set %d, pair %d, operation %d", set+1, pair+1, operation+1)
}

// faults are what is wrong with the operation.
func (o Operation) faults() (faults []error) {
	k, known := kinds[o.Kind]
	if !known {
		return []error{fmt.Errorf("unknown op %q; there are %v", o.Kind, Kinds())}
	}
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf(o.Kind+": "+format, args...))
	}
	if !(o.P >= 0 && o.P <= 1) {
		fault("p is %v, want a probability", o.P)
	}
	for _, n := range k.numbers {
		values, found := o.Numbers[n.name]
		switch {
		case !found:
			fault("%s is missing", n.name)
			continue
		case len(values) != n.count():
			fault("%s has %d numbers, want %d", n.name, len(values), n.count())
			continue
		}
		for _, v := range values {
			if !(v >= n.min && v <= n.max) {
				fault("%s %v is outside %v..%v", n.name, v, n.min, n.max)
			} else if n.whole && v != math.Trunc(v) {
				fault("%s %v is not a whole number", n.name, v)
			}
		}
		if n.pair && values[0] > values[1] {
			fault("%s runs from %v down to %v", n.name, values[0], values[1])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(o.Numbers)) {
		if !slices.ContainsFunc(k.numbers, func(n number) bool { return n.name == name }) {
			fault("unknown field %q", name)
		}
	}
	return faults
}

// MarshalJSON writes the operation as Parse reads it.
func (o Operation) MarshalJSON() ([]byte, error) {
	fields := map[string]any{"op": o.Kind, "p": o.P}
	for name, values := range o.Numbers {
		fields[name] = values
		if len(values) == 1 {
			fields[name] = values[0]
		}
	}
	return json.Marshal(fields)
}
