package tfevents

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// Placed is an event and where its record ends in the file.
type Placed struct {
	Event
	End int64
}

// Read gives the events of a file from its begin up to the first record that
// is not sound, such as one that was cut off. Without a sound header there is
// none, and the place where it ends is 0.
func Read(b []byte) (header int64, events []Placed) {
	end := int64(0)
	for {
		content, rest, err := record(b)
		if err != nil {
			return header, events
		}
		end += int64(len(b) - len(rest))
		b = rest
		e, begin, err := parse(content)
		switch {
		case err != nil || begin != (header == 0):
			return header, events
		case begin:
			header = end
		default:
			events = append(events, Placed{e, end})
		}
	}
}

// Begins says whether a file begins as one of ours does, or as one that a crash
// has cut off in its first record, or left without its content.
func Begins(head []byte) bool {
	if header, _ := Read(head); header > 0 {
		return true
	}
	whole := AppendHeader(nil, time.Time{})
	cut := len(head) < len(whole) && bytes.HasPrefix(head, whole[:min(8, len(head))])
	return cut || len(bytes.Trim(head, "\x00")) == 0
}

var errUnsound = errors.New("tfevents: not a sound record")

// record cuts the first record off.
func record(b []byte) (content, rest []byte, err error) {
	const head, tail = 12, 4
	if len(b) < head+tail || checksum(b[:8]) != binary.LittleEndian.Uint32(b[8:]) {
		return nil, nil, errUnsound
	}
	n := binary.LittleEndian.Uint64(b)
	if n > uint64(len(b)-head-tail) {
		return nil, nil, errUnsound
	}
	content, b = b[head:head+n], b[head+n:]
	if checksum(content) != binary.LittleEndian.Uint32(b) {
		return nil, nil, errUnsound
	}
	return content, b[tail:], nil
}

// parse reads an event, and says whether it is a file's header.
func parse(b []byte) (e Event, header bool, err error) {
	err = fields(b, func(number protowire.Number, bits uint64, text []byte) error {
		switch number {
		case eventTime:
			if s := math.Float64frombits(bits); s != 0 {
				e.Time = time.UnixMicro(int64(math.Round(s * 1e6)))
			}
		case eventStep:
			e.Step = int64(bits)
		case eventVersion:
			header = string(text) == version
		case eventSummary:
			return fields(text, func(number protowire.Number, _ uint64, text []byte) error {
				if number != summaryValue {
					return nil
				}
				var s Scalar
				is := false // else it is an image or a curve
				err := fields(text, func(number protowire.Number, bits uint64, text []byte) error {
					is = is || number == valueSimple
					return s.set(number, bits, text)
				})
				if err == nil && is {
					e.Scalars = append(e.Scalars, s)
				}
				return err
			})
		}
		return nil
	})
	return e, header, err
}

func (s *Scalar) set(number protowire.Number, bits uint64, text []byte) error {
	switch number {
	case valueTag:
		s.Tag = string(text)
	case valueSimple:
		s.Value = float64(math.Float32frombits(uint32(bits)))
	}
	return nil
}

// fields calls each with every field of a message: its number, and the bits or
// the bytes it holds.
func fields(b []byte, each func(number protowire.Number, bits uint64, text []byte) error) error {
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return protowire.ParseError(n)
		}
		b = b[n:]
		var bits uint64
		var text []byte
		switch kind {
		case protowire.VarintType:
			bits, n = protowire.ConsumeVarint(b)
		case protowire.Fixed64Type:
			bits, n = protowire.ConsumeFixed64(b)
		case protowire.Fixed32Type:
			var v uint32
			v, n = protowire.ConsumeFixed32(b)
			bits = uint64(v)
		case protowire.BytesType:
			text, n = protowire.ConsumeBytes(b)
		default:
			n = protowire.ConsumeFieldValue(number, kind, b)
		}
		if n < 0 {
			return protowire.ParseError(n)
		}
		b = b[n:]
		if err := each(number, bits, text); err != nil {
			return err
		}
	}
	return nil
}
