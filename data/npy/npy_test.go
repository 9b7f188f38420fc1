package npy

import (
	"bytes"
	"slices"
	"testing"
)

// TestHead: the heads are those that NumPy 2 writes (numpy.lib.format.write_array).
func TestHead(t *testing.T) {
	for _, c := range []struct {
		kind  string
		shape []int
		want  string
	}{
		{"|u1", []int{4, 512, 512}, "{'descr': '|u1', 'fortran_order': False, 'shape': (4, 512, 512), }"},
		{"<f8", []int{28}, "{'descr': '<f8', 'fortran_order': False, 'shape': (28,), }"},
	} {
		head := Head(c.kind, c.shape...)
		text := string(bytes.TrimRight(head[len(magic)+2:], " \n"))
		if len(head)%align != 0 || head[len(head)-1] != '\n' || text != c.want {
			t.Errorf("%q of %d bytes, want %q", text, len(head), c.want)
		}
	}
}

// FuzzParse: what is read as a head is one, and Head writes it so that it is read
// as the same again.
func FuzzParse(f *testing.F) {
	f.Add(append(Head("<u2", 3, 4), "body"...))
	f.Add(Head("<f8", 0))
	f.Fuzz(func(t *testing.T, b []byte) {
		kind, shape, body, err := Parse(b)
		if err != nil {
			return
		}
		if len(shape) == 0 || !bytes.HasSuffix(b, body) {
			t.Fatalf("shape %v, %d bytes behind the head", shape, len(body))
		}
		gotKind, gotShape, rest, err := Parse(append(Head(kind, shape...), body...))
		if err != nil || gotKind != kind || !slices.Equal(gotShape, shape) || !bytes.Equal(rest, body) {
			t.Fatalf("%s %v became %s %v, %v", kind, shape, gotKind, gotShape, err)
		}
	})
}
