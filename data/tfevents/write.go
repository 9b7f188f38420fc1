package tfevents

import (
	"encoding/binary"
	"hash/crc32"
	"math"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// version is what the first record of a file says.
const version = "brain.Event:2"

// The numbers of the fields, in Event, Summary and Summary.Value.
const (
	eventTime, eventStep, eventVersion, eventSummary = 1, 2, 3, 5
	summaryValue                                     = 1
	valueTag, valueSimple                            = 1, 2
)

// Event is what there is to show of one step. Read gives its scalars only.
type Event struct {
	Time    time.Time // zero is written as 0
	Step    int64
	Scalars []Scalar
	Images  []Image
	Curves  []Curve
}

// Scalar is one number. A slash in its tag groups those with the same text
// before it.
type Scalar struct {
	Tag   string
	Value float64 // kept as float32
}

// AppendHeader appends the record that a file begins with.
func AppendHeader(b []byte, when time.Time) []byte {
	return appendRecord(b, appendMessage(appendTime(nil, when), eventVersion, []byte(version)))
}

// Append appends an event as a record.
func (e *Event) Append(b []byte) []byte {
	content := appendTime(nil, e.Time)
	content = appendNumber(content, eventStep, e.Step)
	var summary []byte
	for _, s := range e.Scalars {
		value := appendMessage(nil, valueTag, []byte(s.Tag))
		value = protowire.AppendTag(value, valueSimple, protowire.Fixed32Type)
		value = protowire.AppendFixed32(value, math.Float32bits(float32(s.Value)))
		summary = appendMessage(summary, summaryValue, value)
	}
	for _, im := range e.Images {
		summary = appendMessage(summary, summaryValue, im.value())
	}
	for _, c := range e.Curves {
		summary = appendMessage(summary, summaryValue, c.value())
	}
	return appendRecord(b, appendMessage(content, eventSummary, summary))
}

func appendTime(b []byte, when time.Time) []byte {
	seconds := 0.0
	if !when.IsZero() {
		seconds = float64(when.UnixMicro()) / 1e6
	}
	b = protowire.AppendTag(b, eventTime, protowire.Fixed64Type)
	return protowire.AppendFixed64(b, math.Float64bits(seconds))
}

func appendMessage(b []byte, number protowire.Number, message []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, number, protowire.BytesType), message)
}

func appendNumber[N int | int64](b []byte, number protowire.Number, v N) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, number, protowire.VarintType), uint64(v))
}

func appendRecord(b, content []byte) []byte {
	start := len(b)
	b = binary.LittleEndian.AppendUint64(b, uint64(len(content)))
	b = binary.LittleEndian.AppendUint32(b, checksum(b[start:]))
	b = append(b, content...)
	return binary.LittleEndian.AppendUint32(b, checksum(content))
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum is CRC-32C, rotated and shifted so that a checksum of data that
// holds checksums is still a good one.
func checksum(b []byte) uint32 {
	c := crc32.Checksum(b, castagnoli)
	return (c>>15 | c<<17) + 0xa282ead8
}
