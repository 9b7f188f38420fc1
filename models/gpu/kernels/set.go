//go:build gpu

package kernels

import (
	_ "embed"
	"fmt"

	"hpaflow/models/gpu/cuda"
)

//go:embed kernels.ptx
var ptx string

// Set is the kernels loaded on a card.
type Set struct {
	module    cuda.Module
	functions map[string]cuda.Function
}

// Load loads the kernels on a card, within its Do.
func Load(c *cuda.Card) (*Set, error) {
	m, err := c.LoadModule(ptx)
	if err != nil {
		return nil, fmt.Errorf("kernels: %w", err)
	}
	k := &Set{module: m, functions: map[string]cuda.Function{}}
	for _, name := range Names() {
		if k.functions[name], err = m.Function(name); err != nil {
			return nil, fmt.Errorf("kernels: %w", err)
		}
	}
	return k, nil
}

// Close gives the kernels' memory back.
func (k *Set) Close() error { return k.module.Unload() }

// launch queues one kernel.
func (k *Set) launch(s cuda.Stream, name string, grid, block [3]int, args ...any) error {
	if err := k.functions[name].Launch(grid, block, 0, s, args...); err != nil {
		return fmt.Errorf("kernels: %s: %w", name, err)
	}
	return nil
}
