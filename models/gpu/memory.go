//go:build gpu && linux

package gpu

import (
	"errors"
	"fmt"

	"hpaflow/models/gpu/cuda"
	"hpaflow/models/gpu/kernels"
	"hpaflow/models/gpu/plan"
)

// memory is the card's, by what lies there.
type memory struct {
	weights    cuda.Ptr // all trainable parameters
	shadow     cuda.Ptr // bfloat16 of those of convolutions
	grads      cuda.Ptr // float32
	narrow     cuda.Ptr // bfloat16, of the weights of convolutions
	sum        cuda.Ptr // of gradients that wait for a step
	moments    [3]cuda.Ptr
	average    cuda.Ptr // of the parameters over steps, or the parameters where that is shown
	averaged   cuda.Ptr // the same of statistics
	clip       cuda.Ptr // what clipping gradients works in
	statistics cuda.Ptr // running means, then variances
	norms      cuda.Ptr // what a step keeps of its batch norms
	table      cuda.Ptr // of the norms, to predict

	arena     cuda.Ptr
	scratch   cuda.Ptr
	targets   cuda.Ptr
	loss, ok  cuda.Ptr // a float64 of each card, and the flag that ends training
	hyper     cuda.Ptr
	workspace cuda.Ptr // of convolutions, once they are chosen

	workspaceBytes int64
	total          int64 // without the workspace
}

// region is a piece of memory that a network needs. What lies between parameters
// in their flat buffers is zero, and stays so.
type region struct {
	at    *cuda.Ptr
	bytes int64
	zero  bool
}

// lossBytes is room for the loss of each of as many cards as there may be.
const lossBytes = 8 * 64

// regions are all pieces that are known beforehand.
func (s *spec) regions(m *memory) []region {
	trainable, weights := 4*int64(s.params.Trainable), 2*int64(s.params.Weights)
	list := []region{
		{&m.weights, trainable, true},
		{&m.statistics, 4 * int64(s.params.Statistics), true},
		{&m.norms, kernels.MomentsBytes(s.params.Channels()), true},
		{&m.arena, s.arena(), false},
		{&m.scratch, s.scratch(), false},
		{&m.loss, lossBytes, false}, {&m.ok, 4, false}, {&m.hyper, kernels.HyperBytes, false},
	}
	if s.precision == bf16 {
		list = append(list, region{&m.shadow, weights, true})
	}
	if s.program(plan.Train) != nil {
		list = append(list, region{&m.grads, trainable, true}, region{&m.targets, 4 * int64(s.options.Batch*s.options.Classes), false})
		if s.precision == bf16 {
			list = append(list, region{&m.narrow, weights, true})
		}
		if s.options.Accumulate > 1 {
			list = append(list, region{&m.sum, trainable, true})
		}
		if s.options.EMA > 0 {
			list = append(list, region{&m.average, trainable, true}, region{&m.averaged, 4 * int64(s.params.Statistics), true})
		}
		if s.options.ClipNorm > 0 {
			list = append(list, region{&m.clip, kernels.ClipBytes, false})
		}
		for i := range s.moments {
			list = append(list, region{&m.moments[i], trainable, true})
		}
	}
	if p := s.program(plan.Predict); p != nil {
		list = append(list, region{&m.table, int64(len(kernels.NormTable(make([]kernels.Norm, len(p.Norms))))), false})
	}
	return list
}

// arena is the memory of the results of layers.
func (s *spec) arena() (bytes int64) {
	for _, p := range s.programs {
		bytes = max(bytes, p.Arena)
	}
	return bytes
}

// uploads is the memory of batches on their way, as large as pixels can be.
func (s *spec) uploads() int64 {
	o := &s.options
	return int64(s.slots) * 4 * int64(o.Batch) * int64(o.Channels*o.Height*o.Width+o.Classes)
}

// needs is all memory of the spec, without the workspace of convolutions.
func (s *spec) needs() int64 {
	total := s.uploads()
	for _, r := range s.regions(&memory{}) {
		total += r.bytes
	}
	return total
}

// workspaceLimit is the most that an algorithm may take beside its tensors.
const workspaceLimit = 1 << 30

// workspaceLeast is what must be left for that: the algorithms that need most
// of it are not needed.
const workspaceLeast = 64 << 20

// take takes the memory, or says which batch it would suffice for.
func (e *engine) take() error {
	free, _, err := e.card.MemInfo()
	if err != nil {
		return err
	}
	if e.needs()+workspaceLeast > free {
		return e.short(free, nil)
	}
	for _, r := range e.regions(&e.memory) {
		if *r.at, err = e.card.Alloc(max(r.bytes, 16)); err != nil {
			if errors.Is(err, cuda.ErrOutOfMemory) {
				return e.short(free, err)
			}
			return err
		}
		p := *r.at
		e.closers = append(e.closers, func() error { return e.card.Free(p) })
		e.memory.total += r.bytes
		if !r.zero {
			continue
		}
		if err := e.card.Zero(p, r.bytes, e.compute); err != nil {
			return err
		}
	}
	e.closers = append(e.closers, func() error { return e.card.Free(e.memory.workspace) })
	return e.begin()
}

// begin sets what a network's life begins with: the flag, and the table of its
// norms.
func (e *engine) begin() error {
	if err := e.card.CopyToDevice(e.memory.ok, []byte{1, 0, 0, 0}, e.compute); err != nil {
		return err
	}
	p := e.program(plan.Predict)
	if p == nil {
		return nil
	}
	list := make([]kernels.Norm, len(p.Norms))
	for i := range list {
		list[i] = e.norm(p, i)
	}
	return e.card.CopyToDevice(e.memory.table, kernels.NormTable(list), e.compute)
}

// room makes the workspace at least so large. What was captured with the old one
// is void.
func (e *engine) room(bytes int64) error {
	m := &e.memory
	if bytes <= m.workspaceBytes {
		return nil
	}
	if err := e.card.Synchronize(); err != nil {
		return err
	}
	for _, b := range e.bounds {
		if err := b.drop(); err != nil {
			return err
		}
	}
	if err := e.card.Free(m.workspace); err != nil {
		return err
	}
	m.workspace, m.workspaceBytes = 0, 0
	p, err := e.card.Alloc(bytes)
	if err != nil {
		return fmt.Errorf("%d bytes of workspace for convolutions: %w", bytes, err)
	}
	m.workspace, m.workspaceBytes = p, bytes
	return nil
}

// short is the error of too little memory, which may have a cause: it names the
// batch that would fit.
func (e *engine) short(free int64, cause error) error {
	fits := 0
	for low, high := 1, e.options.Batch-1; low <= high; {
		n := (low + high) / 2
		smaller, err := e.spec.resized(n)
		if err == nil && smaller.needs()+workspaceLeast <= free {
			fits, low = n, n+1
		} else {
			high = n - 1
		}
	}
	return &MemoryError{Batch: e.options.Batch, Fits: fits, Needs: e.needs() + workspaceLeast, Free: free, cause: cause}
}

// MemoryError says that a card has too little memory, and is
// cuda.ErrOutOfMemory too.
type MemoryError struct {
	Batch       int   // that was asked for, of one card
	Fits        int   // the largest that would fit; 0: none would
	Needs, Free int64 // bytes
	cause       error
}

func (e *MemoryError) Error() string {
	text := fmt.Sprintf("a batch of %d needs %s of the card's memory, and %s are free", e.Batch, gib(e.Needs), gib(e.Free))
	if e.Fits > 0 {
		text += fmt.Sprintf("; a batch of %d would fit", e.Fits)
	} else {
		text += "; not even a batch of 1 would fit"
	}
	if e.cause != nil {
		text += ": " + e.cause.Error()
	}
	return text
}

// Is says that it is cuda.ErrOutOfMemory.
func (e *MemoryError) Is(target error) bool { return target == cuda.ErrOutOfMemory }

// Unwrap is what the driver said, if it came to that.
func (e *MemoryError) Unwrap() error { return e.cause }

func gib(bytes int64) string { return fmt.Sprintf("%.2f GiB", float64(bytes)/(1<<30)) }
