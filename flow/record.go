package flow

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"reflect"
	"time"
)

// Record is one item on an edge: a value, a tombstone or a mark. Exactly one
// of Value, Dead and Mark means something.
type Record[T any] struct {
	Seq   int64  // place in its source's order, from 0 at the begin of the first pass of this run
	Epoch int    // pass over the source's data, from 0
	Key   string // what people call it: a sample's Id, a file's name
	Value T

	Dead *DeadLetter // the record failed in an earlier stage
	Mark Mark        // punctuation between records
}

// Mark is punctuation in a stream of records.
type Mark uint8

// EndEpoch follows the last record of every pass over a source's data.
const EndEpoch Mark = 1

// IsValue says that the record carries a value.
func (r *Record[T]) IsValue() bool { return r.Dead == nil && r.Mark == 0 }

// DeadLetter says which record failed or was skipped, where and why.
type DeadLetter struct {
	Seq   int64
	Key   string
	Stage string
	Cause string
	File  string // that is at fault, where the cause is one of a file
	Time  time.Time
	Stack string // of a panic

	Skipped bool // it has not failed: it was dropped on purpose
}

// String is the letter as one line, stage: key: cause, and the file behind it
// where the cause does not name it.
func (d *DeadLetter) String() string {
	return withFile(fmt.Sprintf("%s: %s: %s", d.Stage, d.Key, d.Cause), d.File)
}

// Sized is a value that knows how much memory it holds. Values that do not
// say so count as smallValue; one that holds much should, since hundreds of
// small ones may stand on an edge.
type Sized interface {
	Bytes() int64
}

const smallValue = 128

// measureOf gives what measures a T: nothing to ask, if it is not Sized. A value
// that is no pointer itself is asked through one, since to put it into an
// interface costs an allocation.
func measureOf[T any]() func(*T) int64 {
	switch kind := reflect.TypeFor[T]().Kind(); {
	case kind == reflect.Pointer || kind == reflect.Interface:
		return func(v *T) int64 { return sizeOf(*v) }
	case !reflect.TypeFor[T]().Implements(reflect.TypeFor[Sized]()):
		return func(*T) int64 { return smallValue }
	}
	return func(v *T) int64 { return sizeOf(v) }
}

func sizeOf(v any) int64 {
	if s, ok := v.(Sized); ok {
		return s.Bytes() + smallValue
	}
	return smallValue
}

// with carries a record's identity over to another value.
func with[A, B any](r Record[A], v B) Record[B] {
	return Record[B]{Seq: r.Seq, Epoch: r.Epoch, Key: r.Key, Value: v, Dead: r.Dead, Mark: r.Mark}
}

// Rand is the generator for one record: it depends on the run's seed, the
// epoch, the record's key and on what the draw is for, and on nothing else, so
// that results do not depend on which worker draws, or when.
func Rand(seed uint64, epoch int, key, purpose string) *rand.Rand {
	h := fnv.New128a()
	var head [16]byte
	binary.LittleEndian.PutUint64(head[:8], seed)
	binary.LittleEndian.PutUint64(head[8:], uint64(epoch))
	h.Write(head[:])
	h.Write([]byte(key))
	h.Write([]byte{0}) // so that no key and purpose run together as another pair does
	h.Write([]byte(purpose))
	sum := h.Sum(nil)
	return rand.New(rand.NewPCG(binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:])))
}
