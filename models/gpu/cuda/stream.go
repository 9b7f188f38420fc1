//go:build gpu && linux

package cuda

import (
	"errors"
	"time"
	"unsafe"

	"gorgonia.org/cu"
)

// Stream is a queue of work, done in its order; streams run beside each other.
// There is no stream that all wait for.
type Stream struct {
	c *Card
	s cu.Stream
}

// NewStream makes a stream of the card.
func (c *Card) NewStream() (Stream, error) {
	s, err := cu.MakeStream(cu.NonBlocking)
	return Stream{c, s}, wrapped("cuStreamCreate", err)
}

// Card is the card that made the stream.
func (s Stream) Card() *Card { return s.c }

// Handle is the driver's name of the stream (a CUstream), for other libraries.
func (s Stream) Handle() uintptr {
	return uintptr(unsafe.Pointer(s.s.C()))
}

// Synchronize waits for all work given to the stream so far, and tells what went
// wrong in it.
func (s Stream) Synchronize() error {
	return wrapped("cuStreamSynchronize", s.s.Synchronize())
}

// Query tells whether all work given to the stream so far is done, or what went
// wrong in it.
func (s Stream) Query() (bool, error) {
	err := s.s.Query()
	if errors.Is(err, cu.NotReady) {
		return false, nil
	}
	return err == nil, wrapped("cuStreamQuery", err)
}

// Wait lets the stream's later work wait for what the event marks: the last
// Record of it so far. An event never recorded is not waited for.
func (s Stream) Wait(e Event) error {
	return wrapped("cuStreamWaitEvent", s.s.Wait(e.e, 0))
}

// Destroy ends the stream once its work is done.
func (s Stream) Destroy() error {
	return wrapped("cuStreamDestroy", s.s.Destroy())
}

// Event marks a place in a stream.
type Event struct{ e cu.Event }

// NewEvent makes an event. Only one with timing has a time to tell.
func (c *Card) NewEvent(timing bool) (Event, error) {
	flags := cu.BlockingSyncEvent
	if !timing {
		flags |= cu.DisableTiming
	}
	e, err := cu.MakeEvent(flags)
	return Event{e}, wrapped("cuEventCreate", err)
}

// Record marks all work given to the stream so far.
func (e Event) Record(s Stream) error {
	return wrapped("cuEventRecord", e.e.Record(s.s))
}

// Query tells whether the marked work is done.
func (e Event) Query() (bool, error) {
	err := e.e.Query()
	if errors.Is(err, cu.NotReady) {
		return false, nil
	}
	return err == nil, wrapped("cuEventQuery", err)
}

// Synchronize waits for the marked work.
func (e Event) Synchronize() error {
	return wrapped("cuEventSynchronize", e.e.Synchronize())
}

// Elapsed is the card's time from one event to this. Both have come to pass.
func (e Event) Elapsed(from Event) (time.Duration, error) {
	ms, err := from.e.Elapsed(e.e)
	return time.Duration(ms * float64(time.Millisecond)), wrapped("cuEventElapsedTime", err)
}

// Destroy ends the event.
func (e Event) Destroy() error {
	return wrapped("cuEventDestroy", cu.DestroyEvent(&e.e))
}
