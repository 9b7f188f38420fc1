package training

import (
	"testing"

	"hpaflow/data"
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
		b, err := fillBatch(group{samples: []*data.Sample{sample(value), sample(value)}}, 3, normaliseFixed, memory.get)
		if err != nil {
			t.Fatal(err)
		}
		for i, x := range b.X {
			if x != (float32(value)-127.5)/255 {
				t.Fatalf("value %d of the batch of %d is %v", i, value, x)
			}
		}
		b.Lend(memory.put)
		return b
	}
	first, second := make2(10), make2(20)
	if &first.X[0] == &second.X[0] {
		t.Fatal("two batches share memory")
	}
	was := &first.X[0]
	first.Done()
	first.Done()
	if first.X != nil {
		t.Error("a batch that is done has its pixels still")
	}
	third, fourth := make2(30), make2(40)
	if &third.X[0] != was || &fourth.X[0] == was || second.X[0] != (float32(20)-127.5)/255 {
		t.Error("memory is not used again, or twice")
	}
	if len(memory.get(7)) != 7 {
		t.Error("another size")
	}
	kept := &data.Batch{X: []float32{1}}
	if kept.Done(); kept.X == nil {
		t.Error("a batch that is not lent is taken away")
	}
	for range 2 * mostFree {
		memory.put(make([]float32, 9))
	}
	if len(memory.free) != mostFree {
		t.Errorf("%d free", len(memory.free))
	}
}
