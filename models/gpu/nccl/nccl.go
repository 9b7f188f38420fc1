//go:build gpu && linux

package nccl

import (
	"errors"

	"hpaflow/models/gpu/cuda"
)

// Comm is one card's end of a ring of cards.
type Comm struct{}

var errNotYet = errors.New("nccl: not there yet")

// ErrMissing is the error of Open where NCCL is not there.
var ErrMissing = errors.New("NCCL is missing")

// Open loads NCCL. Only the first call does so. An error says what was looked
// for and where, and how to install it: it is ErrMissing.
func Open() error { return errNotYet }

// Path is the file that was loaded.
func Path() string { return "" }

// Version is NCCL's: 22703 is 2.27.3. 0 before Open.
func Version() int { return 0 }

// Init joins cards of this process: rank i is cards[i]. It is called on no
// card's thread.
func Init(cards []*cuda.Card) ([]*Comm, error) { return nil, errNotYet }

// AllReduce adds up count float32 at send over all ranks and puts the sum to
// recv, which may be send, of each. Every rank calls it with the same count, each on its
// card's thread, or one thread calls it for all ranks between GroupStart and
// GroupEnd. It returns at once; the stream waits for the others.
func (c *Comm) AllReduce(send, recv cuda.Ptr, count int64, s cuda.Stream) error { return errNotYet }

// Broadcast copies bytes at p of rank root to p of all others. It is called as AllReduce is.
func (c *Comm) Broadcast(p cuda.Ptr, bytes int64, root int, s cuda.Stream) error { return errNotYet }

// Err is a fault of the work given so far, such as a card that is gone.
func (c *Comm) Err() error { return errNotYet }

// Destroy ends this rank, all of whose work is done.
func (c *Comm) Destroy() error { return errNotYet }

// Abort ends this rank and what it waits for, after a fault of another.
func (c *Comm) Abort() error { return errNotYet }

// GroupStart begins a group of calls of one thread, that are given to the cards
// together at GroupEnd: several buckets, or several ranks.
func GroupStart() error { return errNotYet }

// GroupEnd ends it.
func GroupEnd() error { return errNotYet }
