//go:build gpu && linux

package kernels

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"testing"

	"hpaflow/models/gpu/cuda"
	"hpaflow/models/gpu/fake"
)

// The tests run on emulated kernels, or on the driver that HPAFLOW_CUDA names:
// one with a card, or one with kernels that spoil.sh has spoilt.
func TestMain(m *testing.M) {
	if os.Getenv(cuda.Variable) == "" {
		if err := fake.Use(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// device is a card with the kernels, for one test.
type device struct {
	t      *testing.T
	card   *cuda.Card
	set    *Set
	stream cuda.Stream
	held   *[]cuda.Ptr
}

func open(t *testing.T) *device {
	t.Helper()
	if err := cuda.Open(); err != nil {
		t.Fatal(err)
	}
	card, err := cuda.OpenCard(0)
	if err != nil {
		t.Fatal(err)
	}
	d := &device{t: t, card: card, held: new([]cuda.Ptr)}
	d.run(func() (err error) {
		if d.stream, err = card.NewStream(); err != nil {
			return err
		}
		d.set, err = Load(card)
		return err
	})
	t.Cleanup(func() {
		d.run(func() error {
			for _, p := range *d.held {
				if err := card.Free(p); err != nil {
					return err
				}
			}
			return d.set.Close()
		})
		if err := card.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// in is the same card for a test within a test.
func (d *device) in(t *testing.T) *device {
	inner := *d
	inner.t = t
	return &inner
}

func (d *device) run(f func() error) {
	d.t.Helper()
	if err := d.card.Do(f); err != nil {
		d.t.Fatal(err)
	}
}

// do launches kernels and waits for them.
func (d *device) do(f func(k *Set, s cuda.Stream) error) {
	d.t.Helper()
	d.run(func() error {
		if err := f(d.set, d.stream); err != nil {
			return err
		}
		return d.stream.Synchronize()
	})
}

// room is so many bytes on the card, filled with what is no number.
func (d *device) room(bytes int64) cuda.Ptr {
	d.t.Helper()
	return d.put(repeated(0xff, int(max(bytes, 16))))
}

func (d *device) put(b []byte) (p cuda.Ptr) {
	d.t.Helper()
	if len(b) == 0 {
		return 0
	}
	d.run(func() (err error) {
		if p, err = d.card.Alloc(int64(len(b))); err != nil {
			return err
		}
		if err := d.card.CopyToDevice(p, b, d.stream); err != nil {
			return err
		}
		return d.stream.Synchronize()
	})
	*d.held = append(*d.held, p)
	return p
}

func (d *device) get(p cuda.Ptr, bytes int) []byte {
	d.t.Helper()
	b := make([]byte, bytes)
	d.run(func() error {
		if err := d.card.CopyToHost(b, p, d.stream); err != nil {
			return err
		}
		return d.stream.Synchronize()
	})
	return b
}

// floats lays float32 on the card, and read reads them back.
func (d *device) floats(v []float32) cuda.Ptr { d.t.Helper(); return d.put(packed(v, F32)) }
func (d *device) read(p cuda.Ptr, n int) []float32 {
	d.t.Helper()
	return unpacked(d.get(p, 4*n), F32)
}

func (d *device) double(p cuda.Ptr) float64 {
	d.t.Helper()
	return math.Float64frombits(binary.LittleEndian.Uint64(d.get(p, 8)))
}

// layout is how a Mat of a test lies in memory: how many values rows are further
// apart than they are long, and how many it begins behind an aligned address.
type layout struct{ gap, shift int }

// mat lays values, rows of c, on the card; between rows is what is no number.
func (d *device) mat(t Type, c int, l layout, values []float32) Mat {
	d.t.Helper()
	rows, stride := len(values)/c, c+l.gap
	all := nans(l.shift + rows*stride)
	for r := range rows {
		copy(all[l.shift+r*stride:], values[r*c:(r+1)*c])
	}
	p := d.put(packed(all, t))
	return Mat{p + cuda.Ptr(l.shift*t.Bytes()), t, rows, c, stride}
}

// blank is a Mat of a shape for results.
func (d *device) blank(t Type, rows, c int, l layout) Mat {
	d.t.Helper()
	return d.mat(t, c, l, nans(rows*c))
}

// values reads a Mat back, and fails where something was written between rows.
func (d *device) values(m Mat) []float32 {
	d.t.Helper()
	all := unpacked(d.get(m.Ptr, ((m.Rows-1)*m.Stride+m.C)*m.Type.Bytes()), m.Type)
	var values []float32
	for r := range m.Rows {
		row := all[r*m.Stride:]
		values = append(values, row[:m.C]...)
		for i, v := range row[m.C:min(m.Stride, len(row))] {
			if v == v {
				d.t.Fatalf("row %d: %v was written %d values behind its end", r, v, i)
			}
		}
	}
	return values
}
