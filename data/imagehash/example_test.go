package imagehash_test

import (
	"fmt"
	"log"

	"hpaflow/data"
	"hpaflow/data/cells"
	"hpaflow/data/imagehash"
)

// A small change leaves a hash as it is or nearly so; another picture has
// another hash.
func Example() {
	hashed := func(seed uint64, brighter uint8) *imagehash.Hashed {
		im, err := cells.Field(seed, 64, data.LabelsOf(0))
		if err != nil {
			log.Fatal(err)
		}
		red := &data.Image{Width: im.Width, Height: im.Height, Planes: im.Planes[:1]}
		for i, v := range red.Planes[0].U8 {
			red.Planes[0].U8[i] = v - v/4 + brighter
		}
		return &imagehash.Hashed{Sample: &data.Sample{ID: "7_A1_1"}, AHash: imagehash.AHash(red), PHash: imagehash.PHash(red)}
	}
	cell, brighter, other := hashed(1, 0), hashed(1, 20), hashed(2, 0)
	fmt.Println(cell.Distance(brighter))
	average, perceptual := cell.Distance(other)
	fmt.Println(average > 10, perceptual > 16)
	// Output:
	// 0 0
	// true true
}

// Hashes are exchanged as text, ImageHash's or goimagehash's.
func ExampleParse() {
	for _, text := range []string{"f8e0c0c0e0f0f8fc", "p:f8e0c0c0e0f0f8fc", "f8e0"} {
		hash, err := imagehash.Parse(text)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(imagehash.Format(hash))
	}
	// Output:
	// f8e0c0c0e0f0f8fc
	// f8e0c0c0e0f0f8fc
	// "f8e0" is no hash of 16 hexadecimal digits
}
