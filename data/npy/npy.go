package npy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

const (
	magic = "\x93NUMPY\x01\x00"
	align = 64 // the head ends on a multiple of it
)

// Head is the head of an array in C order, of numbers of a type that NumPy
// calls kind: "|u1", "<u2", "<f8".
func Head(kind string, shape ...int) []byte {
	sides := fmt.Sprintf("%d,", shape[0]) // a tuple of one
	if len(shape) > 1 {
		sides = strings.Trim(strings.ReplaceAll(fmt.Sprint(shape), " ", ", "), "[]")
	}
	header := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", kind, sides)
	fill := align - (len(magic)+2+len(header)+1)%align
	b := binary.LittleEndian.AppendUint16([]byte(magic), uint16(len(header)+fill+1))
	return append(b, header+strings.Repeat(" ", fill)+"\n"...)
}

var headerForm = regexp.MustCompile(`^\{'descr': '([|<][a-z]\d)', 'fortran_order': False, 'shape': \((\d+(?:, \d+)*),?\), \} *\n$`)

// Parse reads the head of an array, and gives what follows it.
func Parse(b []byte) (kind string, shape []int, body []byte, err error) {
	head := len(magic) + 2
	if len(b) < head || string(b[:len(magic)]) != magic {
		return "", nil, nil, errors.New("npy: not a NumPy array of format 1.0")
	}
	end := head + int(binary.LittleEndian.Uint16(b[len(magic):]))
	if end > len(b) {
		return "", nil, nil, errors.New("npy: the header is cut short")
	}
	m := headerForm.FindSubmatch(b[head:end])
	if m == nil {
		return "", nil, nil, fmt.Errorf("npy: header %q is not of an array in C order", b[head:end])
	}
	for _, side := range strings.Split(string(m[2]), ", ") {
		n, err := strconv.Atoi(side)
		if err != nil {
			return "", nil, nil, fmt.Errorf("npy: %w", err)
		}
		shape = append(shape, n)
	}
	return string(m[1]), shape, b[end:], nil
}
