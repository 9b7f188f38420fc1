package shards

import (
	"encoding/binary"
	"errors"
	"io"
)

// What the metadata of an index, and the heads of its pages, are made of at
// most. Theirs hold a few dozen elements, and so many for each group of rows; the
// library makes room for as many as they claim.
const (
	mostElements = 1 << 10
	mostOfGroup  = 1 << 9
	mostDepth    = 16
)

// mostInFooter is how many elements the metadata of an index of such a size may
// have: rows of a group take up so many bytes at least.
func mostInFooter(size int) int { return mostElements + mostOfGroup*(size/(minRow*groupRows)) }

var errThrift = errors.New("its metadata are none that Parquet has, or claim more than they hold")

// boundThrift goes over a struct in Thrift's compact protocol, the form of
// Parquet's metadata, without taking anything in, and gives what follows it.
// An error says that it is none, that it has more elements than may be, or that
// something in it claims to hold more than there is.
func boundThrift(b []byte, most int) (rest []byte, err error) {
	t := thriftBounds{b: b, most: most}
	if err := t.structure(0); err != nil {
		return nil, err
	}
	return t.b, nil
}

type thriftBounds struct {
	b        []byte
	elements int
	most     int
}

// The types of values.
const (
	thriftTrue, thriftFalse, thriftByte   = 1, 2, 3
	thriftInt16, thriftInt32, thriftInt64 = 4, 5, 6
	thriftDouble, thriftBinary            = 7, 8
	thriftList, thriftSet, thriftStruct   = 9, 10, 12
)

func (t *thriftBounds) structure(depth int) error {
	for {
		head, err := t.byte()
		if err != nil || head == 0 {
			return err
		}
		if head>>4 == 0 { // the field's number follows
			if _, err := t.varint(); err != nil {
				return err
			}
		}
		if kind := head & 15; kind != thriftTrue && kind != thriftFalse { // whose values are their types
			if err := t.value(kind, depth+1); err != nil {
				return err
			}
		}
	}
}

func (t *thriftBounds) value(kind byte, depth int) error {
	if t.elements++; t.elements > t.most || depth > mostDepth {
		return errThrift
	}
	switch kind {
	case thriftTrue, thriftFalse, thriftByte:
		return t.skip(1)
	case thriftInt16, thriftInt32, thriftInt64:
		_, err := t.varint()
		return err
	case thriftDouble:
		return t.skip(8)
	case thriftBinary:
		n, err := t.varint()
		if err != nil {
			return err
		}
		return t.skip(n)
	case thriftList, thriftSet:
		return t.list(depth)
	case thriftStruct:
		return t.structure(depth)
	}
	return errThrift // a map, which Parquet has none of
}

func (t *thriftBounds) list(depth int) error {
	head, err := t.byte()
	if err != nil {
		return err
	}
	n := uint64(head >> 4)
	if n == 15 {
		if n, err = t.varint(); err != nil {
			return err
		}
	}
	if n > mostElements {
		return errThrift
	}
	for range n {
		if err := t.value(head&15, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (t *thriftBounds) byte() (byte, error) {
	if len(t.b) == 0 {
		return 0, io.ErrUnexpectedEOF
	}
	c := t.b[0]
	t.b = t.b[1:]
	return c, nil
}

func (t *thriftBounds) varint() (uint64, error) {
	v, n := binary.Uvarint(t.b)
	if n <= 0 {
		return 0, errThrift
	}
	t.b = t.b[n:]
	return v, nil
}

func (t *thriftBounds) skip(n uint64) error {
	if n > uint64(len(t.b)) {
		return io.ErrUnexpectedEOF
	}
	t.b = t.b[n:]
	return nil
}
