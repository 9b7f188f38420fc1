package onnx

import (
	"encoding/binary"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// message is one of onnx.proto3, as far as it is written. Fields stand in the order
// of their numbers, so that equal messages are equal bytes.
type message []byte

func (m *message) integer(field protowire.Number, v int64) {
	*m = protowire.AppendVarint(protowire.AppendTag(*m, field, protowire.VarintType), uint64(v))
}

func (m *message) text(field protowire.Number, s string) {
	*m = protowire.AppendString(protowire.AppendTag(*m, field, protowire.BytesType), s)
}

func (m *message) bytes(field protowire.Number, b []byte) {
	*m = protowire.AppendBytes(protowire.AppendTag(*m, field, protowire.BytesType), b)
}

// The types of values, TensorProto.DataType.
const (
	float32Type = 1
	uint8Type   = 2
	int64Type   = 7
)

// tensorMessage is a TensorProto of little-endian values.
func tensorMessage(name string, kind int64, shape []int, raw []byte) (m message) {
	for _, d := range shape {
		m.integer(1, int64(d)) // dims
	}
	m.integer(2, kind) // data_type
	m.text(8, name)    // name
	m.bytes(9, raw)    // raw_data
	return m
}

func floats(values []float32) []byte {
	b := make([]byte, 0, 4*len(values))
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

func integers(values []int64) []byte {
	b := make([]byte, 0, 8*len(values))
	for _, v := range values {
		b = binary.LittleEndian.AppendUint64(b, uint64(v))
	}
	return b
}

// attribute is an AttributeProto of a node: an int, several, or none of either; or
// a number.
type attribute struct {
	name   string
	ints   []int64
	list   bool
	number float32 // where there are no ints
}

func number(name string, v float32) attribute { return attribute{name: name, number: v} }

func one(name string, v int) attribute { return attribute{name: name, ints: []int64{int64(v)}} }

func many(name string, v ...int) attribute {
	a := attribute{name: name, list: true}
	for _, n := range v {
		a.ints = append(a.ints, int64(n))
	}
	return a
}

func (a attribute) message() (m message) {
	const floatType, intType, intsType = 1, 2, 7
	m.text(1, a.name) // name
	if !a.list && len(a.ints) == 0 {
		m = protowire.AppendFixed32(protowire.AppendTag(m, 2, protowire.Fixed32Type), math.Float32bits(a.number)) // f
		m.integer(20, floatType)
		return m
	}
	if !a.list {
		m.integer(3, a.ints[0]) // i
		m.integer(20, intType)  // type
		return m
	}
	for _, v := range a.ints {
		m.integer(8, v) // ints
	}
	m.integer(20, intsType)
	return m
}

// nodeMessage is a NodeProto with one output.
func nodeMessage(op, name string, in []string, out string, attributes []attribute) (m message) {
	for _, s := range in {
		m.text(1, s) // input
	}
	m.text(2, out)  // output
	m.text(3, name) // name
	m.text(4, op)   // op_type
	for _, a := range attributes {
		m.bytes(5, a.message()) // attribute
	}
	return m
}

// dim is a dimension: a number, or the name of one that is free.
type dim struct {
	size int
	name string
}

// valueMessage is a ValueInfoProto of a tensor.
func valueMessage(name string, kind int64, shape ...dim) (m message) {
	var dims message
	for _, d := range shape {
		var one message
		if d.name != "" {
			one.text(2, d.name) // dim_param
		} else {
			one.integer(1, int64(d.size)) // dim_value
		}
		dims.bytes(1, one)
	}
	var tensor, of message
	tensor.integer(1, kind) // elem_type
	tensor.bytes(2, dims)   // shape
	of.bytes(1, tensor)     // tensor_type
	m.text(1, name)         // name
	m.bytes(2, of)          // type
	return m
}
