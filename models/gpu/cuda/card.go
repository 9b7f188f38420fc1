//go:build gpu && linux

package cuda

import (
	"errors"
	"fmt"
	"runtime"
	"sync"

	"gorgonia.org/cu"
)

// Card is a card that work can be given to. What it has made (memory, streams,
// events, modules, graphs) is used within Do.
type Card struct {
	Info

	device cu.Device
	jobs   chan job
	ended  chan struct{}
	close  func() error
}

type job struct {
	f    func() error
	done chan<- outcome
}

type outcome struct {
	err      error
	panicked any
}

// OpenCard takes the card with this index. Its context is the card's primary
// one, which is what cuDNN and NCCL use.
//
// A card under MinCapability is ErrCardTooOld.
func OpenCard(index int) (*Card, error) {
	info, err := Describe(index)
	if err != nil {
		return nil, err
	}
	if !info.AtLeast(MinCapability[0], MinCapability[1]) {
		return nil, fmt.Errorf("%w: card %d, %s, has compute capability %d.%d, and %d.%d or newer is needed",
			ErrCardTooOld, index, info.Name, info.Capability[0], info.Capability[1], MinCapability[0], MinCapability[1])
	}
	device, err := cu.GetDevice(index)
	if err != nil {
		return nil, wrapped("cuDeviceGet", err)
	}
	c := &Card{Info: info, device: device, jobs: make(chan job), ended: make(chan struct{})}
	started := make(chan error)
	go c.run(started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("card %d, %s: %w", index, info.Name, err)
	}
	c.close = sync.OnceValue(func() error {
		close(c.jobs)
		<-c.ended
		return wrapped("cuDevicePrimaryCtxRelease", device.ReleasePrimaryCtx())
	})
	return c, nil
}

// Do runs f on the card's thread and returns its error. Calls come one after
// the other, in the order in which they were made by one goroutine. f must not
// call Do, nor end its goroutine (as a test's Fatal does). A panic of f is one of Do.
func (c *Card) Do(f func() error) error {
	done := make(chan outcome, 1)
	select {
	case <-c.ended:
		return errClosed
	case c.jobs <- job{f: f, done: done}:
	}
	select {
	case o := <-done:
		if o.panicked != nil {
			panic(o.panicked)
		}
		return o.err
	case <-c.ended:
		return errClosed
	}
}

var errClosed = errors.New("the card was closed")

// Close gives the card back, once all calls of Do have returned. The memory of
// a context that nobody else uses goes with it. Do must not be called again.
func (c *Card) Close() error {
	return c.close()
}

// run is the card's thread.
func (c *Card) run(started chan<- error) {
	defer close(c.ended)
	// The thread ends with the goroutine, and the context with neither.
	runtime.LockOSThread()
	// A thread that waits for the card sleeps, and leaves its core to the stages
	// that decode. A context that is in use already keeps its own way.
	err := c.device.SetPrimaryCtxFlags(cu.SchedBlockingSync)
	if err != nil && !errors.Is(err, cu.PrimaryContextActive) {
		started <- wrapped("cuDevicePrimaryCtxSetFlags", err)
		return
	}
	context, err := c.device.RetainPrimaryCtx()
	if err != nil {
		started <- wrapped("cuDevicePrimaryCtxRetain", err)
		return
	}
	if err := cu.SetCurrentContext(context); err != nil {
		started <- errors.Join(wrapped("cuCtxSetCurrent", err), wrapped("cuDevicePrimaryCtxRelease", c.device.ReleasePrimaryCtx()))
		return
	}
	started <- nil
	for j := range c.jobs {
		j.done <- try(j.f)
	}
}

func try(f func() error) (o outcome) {
	defer func() {
		if r := recover(); r != nil {
			o.panicked = r
		}
	}()
	o.err = f()
	return o
}
