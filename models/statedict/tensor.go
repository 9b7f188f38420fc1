package statedict

import (
	"fmt"
	"strings"
)

// Tensor is a named array in C order.
type Tensor struct {
	Name  string
	Shape []int
	Data  []float32
}

// counter is the end of the names of batch norm's batch counters, which
// nothing uses.
const counter = "num_batches_tracked"

// tidy drops counters, cuts off the prefix "module." that training on several
// GPUs leaves, and makes sure that names differ.
func tidy(tensors []Tensor) ([]Tensor, error) {
	kept := tensors[:0]
	seen := map[string]bool{}
	for _, t := range tensors {
		if strings.HasSuffix(t.Name, counter) {
			continue
		}
		t.Name = strings.TrimPrefix(t.Name, "module.")
		if seen[t.Name] {
			return nil, fmt.Errorf("tensor %s is there twice", t.Name)
		}
		seen[t.Name] = true
		kept = append(kept, t)
	}
	return kept, nil
}
