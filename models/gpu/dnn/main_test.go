//go:build gpu && linux

package dnn_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"unsafe"

	"hpaflow/models/gpu/cuda"
	"hpaflow/models/gpu/dnn"
	"hpaflow/models/gpu/fake"
)

// A library is opened once in a process: tests of what Open says start another.
const opens = "HPAFLOW_TEST_OPENS"

func TestMain(m *testing.M) {
	if os.Getenv(opens) != "" {
		fmt.Println(dnn.Open())
		os.Exit(0)
	}
	if err := fake.Use(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// saidByOpen is what Open says in a process with these variables.
func saidByOpen(t *testing.T, env ...string) string {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(append(os.Environ(), opens+"=1"), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return strings.TrimSpace(string(out))
}

// desk is a card with a stream and cuDNN on it.
type desk struct {
	c *cuda.Card
	s cuda.Stream
	h *dnn.Handle
}

// within runs f at a desk, on its card's thread. All memory is to be free again
// in the end.
func within(t *testing.T, f func(d *desk) error) {
	t.Helper()
	c, err := cuda.OpenCard(0)
	if err != nil {
		t.Fatal(err)
	}
	err = c.Do(func() error {
		d := &desk{c: c}
		if d.s, err = c.NewStream(); err != nil {
			return err
		}
		if d.h, err = dnn.New(d.s); err != nil {
			return err
		}
		return errors.Join(f(d), d.h.Close(), d.s.Destroy())
	})
	if err := errors.Join(err, c.Close()); err != nil {
		t.Error(err)
	}
}

// put copies values to memory of the card, as values of the type.
func (d *desk) put(values []float32, as dnn.Type) (cuda.Ptr, error) {
	b := bytesOf(values)
	if as == dnn.BF16 {
		b = make([]byte, 2*len(values))
		for i, v := range values {
			bits := bfloat16(v)
			b[2*i], b[2*i+1] = byte(bits), byte(bits>>8)
		}
	}
	p, err := d.c.Alloc(int64(len(b)))
	if err != nil {
		return 0, err
	}
	return p, d.c.CopyToDevice(p, b, d.s)
}

// get copies values from the card.
func (d *desk) get(n int, p cuda.Ptr, as dnn.Type) ([]float32, error) {
	values := make([]float32, n)
	if as == dnn.F32 {
		return values, d.c.CopyToHost(bytesOf(values), p, d.s)
	}
	b := make([]byte, 2*n)
	if err := d.c.CopyToHost(b, p, d.s); err != nil {
		return nil, err
	}
	for i := range values {
		values[i] = widened(uint16(b[2*i]) | uint16(b[2*i+1])<<8)
	}
	return values, nil
}

func bytesOf(values []float32) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(values))), 4*len(values))
}
