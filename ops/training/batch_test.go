package training

import (
	"slices"
	"testing"

	"hpaflow/data"
	"hpaflow/data/pixel"
)

// TestBatchMemory: memory that was lent holds the next batch of its size, with
// nothing of the last one left, and never two batches.
func TestBatchMemory(t *testing.T) {
	sample := func(value uint8) *data.Sample {
		s := &data.Sample{ID: "a", Image: data.NewImage(5, 3, 2, 8)}
		for _, p := range s.Image.Planes {
			for i := range p.U8 {
				p.U8[i] = value
			}
		}
		return s
	}
	var memory batchMemory
	make2 := func(value uint8) *data.Batch {
		b, err := fillBatch(group{samples: []*data.Sample{sample(value), sample(value)}}, 3, &memory)
		if err != nil {
			t.Fatal(err)
		}
		for i, x := range b.U8 {
			if x != value {
				t.Fatalf("value %d of the batch of %d is %v", i, value, x)
			}
		}
		b.Lend(memory.put)
		return b
	}
	first, second := make2(10), make2(20)
	if &first.U8[0] == &second.U8[0] {
		t.Fatal("two batches share memory")
	}
	was := &first.U8[0]
	first.Done()
	first.Done()
	if first.U8 != nil {
		t.Error("a batch that is done has its pixels still")
	}
	third, fourth := make2(30), make2(40)
	if &third.U8[0] != was || &fourth.U8[0] == was || second.U8[0] != 20 {
		t.Error("memory is not used again, or twice")
	}
	if len(memory.flat.get(7)) != 7 {
		t.Error("another size")
	}
	kept := &data.Batch{U8: []uint8{1}}
	if kept.Done(); kept.U8 == nil {
		t.Error("a batch that is not lent is taken away")
	}
	for range 2 * mostFree {
		memory.put(&data.Batch{U8: make([]uint8, 9), U16: make([]uint16, 9)})
	}
	if len(memory.flat.free) != mostFree || len(memory.deep.free) != mostFree {
		t.Errorf("%d and %d free", len(memory.flat.free), len(memory.deep.free))
	}
}

// TestBatchDepths: a batch has the depth of its deepest sample, and one of 8 bits
// among them looks to a network as it does alone.
func TestBatchDepths(t *testing.T) {
	flat, deep := &data.Sample{ID: "a", Image: data.NewImage(2, 2, 1, 8)}, &data.Sample{ID: "b", Image: data.NewImage(2, 2, 1, 16)}
	copy(flat.Image.Planes[0].U8, []uint8{0, 1, 200, 255})
	copy(deep.Image.Planes[0].U16, []uint16{0, 1, 40000, 65535})
	of := func(norm data.Norm, samples ...*data.Sample) []float32 {
		b, err := fillBatch(group{samples: samples}, 3, &batchMemory{})
		if err != nil {
			t.Fatal(err)
		}
		b.Norm = norm
		x := make([]float32, b.Pixels())
		for i := range samples {
			pixel.NormalisedPlane(x[4*i:4*i+4], nil, b, i, pixel.Identity)
		}
		return x
	}
	for _, norm := range []data.Norm{data.NormFixed, data.NormPerImage} {
		if got, want := of(norm, flat, deep), slices.Concat(of(norm, flat), of(norm, deep)); !slices.Equal(got, want) {
			t.Errorf("%s: %v, alone %v", norm, got, want)
		}
	}
	if got, want := of(data.NormFixed, deep)[3], float32(.5); got != want {
		t.Errorf("the brightest pixel is %v, want %v", got, want)
	}
}
