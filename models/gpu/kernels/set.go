//go:build gpu

package kernels

import (
	_ "embed"
	"fmt"
	"regexp"

	"hpaflow/models/gpu/cuda"
)

//go:embed kernels.ptx
var ptx string

var entry = regexp.MustCompile(`(?m)^\.visible \.entry (\w+)\(`)

// Names lists the kernels, as their module has them.
func Names() []string {
	var names []string
	for _, m := range entry.FindAllStringSubmatch(ptx, -1) {
		names = append(names, m[1])
	}
	return names
}

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

// Resources are what a kernel takes on the card it was loaded on.
func (k *Set) Resources(name string) (cuda.Resources, error) { return k.functions[name].Resources() }

// Launched, where a test sets it, hears of each kernel that is queued.
var Launched func(name string)

// launch queues one kernel.
func (k *Set) launch(s cuda.Stream, name string, grid, block [3]int, args ...any) error {
	if Launched != nil {
		Launched(name)
	}
	if err := k.functions[name].Launch(grid, block, 0, s, args...); err != nil {
		return fmt.Errorf("kernels: %s: %w", name, err)
	}
	return nil
}

// launchEach queues a kernel that has a thread for each of n things.
func (k *Set) launchEach(s cuda.Stream, name string, n int, args ...any) error {
	return k.launch(s, name, [3]int{ceil(n, blockThreads), 1, 1}, [3]int{blockThreads, 1, 1}, args...)
}
