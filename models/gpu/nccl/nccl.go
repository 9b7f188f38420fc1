//go:build gpu && linux

package nccl

// #include "api.h"
import "C"

import (
	"fmt"

	"hpaflow/models/gpu/cuda"
)

// Comm is one card's end of a ring of cards.
type Comm struct {
	c    C.ncclComm_t
	rank int
}

// Init joins cards of this process: rank i is cards[i]. It is called on no
// card's thread.
func Init(cards []*cuda.Card) ([]*Comm, error) {
	if err := Open(); err != nil {
		return nil, err
	}
	if len(cards) == 0 {
		return nil, nil
	}
	handles, indices := make([]C.ncclComm_t, len(cards)), make([]C.int, len(cards))
	for i, card := range cards {
		indices[i] = C.int(card.Index)
	}
	if r := C.hpaflow_nccl_init(&handles[0], C.int(len(cards)), &indices[0]); r != C.ncclSuccess {
		return nil, failure("ncclCommInitAll", nil, r)
	}
	comms := make([]*Comm, len(cards))
	for i := range comms {
		comms[i] = &Comm{c: handles[i], rank: i}
	}
	return comms, nil
}

// AllReduce adds up count float32 at send over all ranks and puts the sum to
// recv, which may be send, of each. Every rank calls it with the same count, each on its
// card's thread, or one thread calls it for all ranks between GroupStart and
// GroupEnd. It returns at once; the stream waits for the others.
func (c *Comm) AllReduce(send, recv cuda.Ptr, count int64, s cuda.Stream) error {
	return failure("ncclAllReduce", c, C.hpaflow_nccl_reduce(C.size_t(send), C.size_t(recv), C.size_t(count), c.c, C.size_t(s.Handle())))
}

// Broadcast copies bytes at p of rank root to p of all others. It is called as
// AllReduce is.
func (c *Comm) Broadcast(p cuda.Ptr, bytes int64, root int, s cuda.Stream) error {
	return failure("ncclBroadcast", c, C.hpaflow_nccl_broadcast(C.size_t(p), C.size_t(bytes), C.int(root), c.c, C.size_t(s.Handle())))
}

// Err is a fault of the work given so far, such as a card that is gone, or ranks
// that did not call alike. It does not wait.
func (c *Comm) Err() error {
	var fault C.ncclResult_t
	if r := C.hpaflow_nccl_fault(c.c, &fault); r != C.ncclSuccess {
		return failure("ncclCommGetAsyncError", c, r)
	}
	return failure("what was given to NCCL", c, fault)
}

// Destroy ends this rank, all of whose work is done.
func (c *Comm) Destroy() error {
	return failure("ncclCommDestroy", nil, C.hpaflow_nccl_destroy(c.c))
}

// Abort ends this rank and what it waits for, after a fault of another.
func (c *Comm) Abort() error {
	return failure("ncclCommAbort", nil, C.hpaflow_nccl_abort(c.c))
}

// GroupStart begins a group of calls of one thread, that are given to the cards
// together at GroupEnd: several buckets, or several ranks. The goroutine must be
// locked to its thread, as within cuda.Card.Do.
func GroupStart() error { return failure("ncclGroupStart", nil, C.hpaflow_nccl_group(1)) }

// GroupEnd ends it.
func GroupEnd() error { return failure("ncclGroupEnd", nil, C.hpaflow_nccl_group(0)) }

// failure is the error of a call, nil for success and for work under way.
func failure(call string, c *Comm, r C.ncclResult_t) error {
	if r == C.ncclSuccess || r == C.ncclInProgress {
		return nil
	}
	e := &Error{Call: call, Rank: -1, Code: int(r), Text: C.GoString(C.hpaflow_nccl_string(r))}
	var handle C.ncclComm_t
	if c != nil {
		e.Rank, handle = c.rank, c.c
	}
	e.Detail = C.GoString(C.hpaflow_nccl_last(handle))
	return e
}

// Error is a call of NCCL that failed.
type Error struct {
	Call   string // ncclAllReduce
	Rank   int    // or -1
	Code   int    // ncclResult_t
	Text   string // what NCCL says of the code
	Detail string // and what of the case, often nothing
}

func (e *Error) Error() string {
	s := e.Call
	if e.Rank >= 0 {
		s += fmt.Sprintf(" of rank %d", e.Rank)
	}
	s += ": " + e.Text
	if e.Detail != "" {
		s += " (" + e.Detail + ")"
	}
	return s
}
