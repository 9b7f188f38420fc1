package shards_test

import (
	"fmt"
	"log"
	"os"

	"hpaflow/data"
	"hpaflow/data/shards"
)

// Samples go into shards in their order, and any of them comes out by its key.
func Example() {
	dir, err := os.MkdirTemp("", "shards")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	w, err := shards.Create(dir, shards.Planes, shards.Options{Limits: shards.Limits{Samples: 2, Bytes: 1 << 30}})
	if err != nil {
		log.Fatal(err)
	}
	for i, key := range []string{"1_A1_1", "1_A1_2", "1_B3_1"} {
		s := &data.Sample{ID: key, Labels: data.LabelsOf(i), Labeled: true, Image: data.NewImage(4, 4, 4, 8)}
		s.Image.Planes[1].U8[i] = 255
		frame, err := shards.EncodeSample(s, shards.Huffman) // may run on many goroutines
		if err == nil {
			err = w.Add(frame) // one at a time
		}
		if err != nil {
			log.Fatal(err)
		}
	}
	if err := w.Commit(); err != nil {
		log.Fatal(err)
	}

	r, err := shards.Open(dir, shards.Planes)
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	for _, e := range r.Entries() {
		fmt.Println(e.Shard, e.Key, "labels", e.Labels)
	}
	content, err := r.Read("1_B3_1")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("green of", content.Key, content.Image.Planes[1].U8[:4])
	report, err := shards.Verify(dir, nil)
	fmt.Println(report.Samples, "samples in", report.Shards, "shards, faults:", len(report.Faults), err)
	// Output:
	// shard-00000.tar.zst 1_A1_1 labels 0
	// shard-00000.tar.zst 1_A1_2 labels 1
	// shard-00001.tar.zst 1_B3_1 labels 2
	// green of 1_B3_1 [0 0 255 0]
	// 3 samples in 2 shards, faults: 0 <nil>
}
