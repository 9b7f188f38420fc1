package augment_test

import (
	"bytes"
	"fmt"
	"log"

	"hpaflow/data"
	"hpaflow/data/augment"
	"hpaflow/data/cells"
	"hpaflow/flow"
)

// The same seed, epoch and key give the same image; another epoch gives
// another.
func Example() {
	im, err := cells.Field(1, 64, data.LabelsOf(0))
	if err != nil {
		log.Fatal(err)
	}
	augmenter := augment.New(augment.Best(), 32)
	changed := func(epoch int) []byte {
		out, err := augmenter.Apply(im, flow.Rand(7, epoch, "1_A1_1", "augment"))
		if err != nil {
			log.Fatal(err)
		}
		return out.Planes[1].U8 // 32 x 32
	}
	fmt.Println(bytes.Equal(changed(0), changed(0)), bytes.Equal(changed(0), changed(1)))
	// Output: true false
}

// A policy of one's own is JSON, and all its faults are told with their lines.
func ExampleParse() {
	policy, err := augment.Parse("mine.json", []byte(`[[
		[{"op": "Blur", "blur_limit": 5, "p": 0.25}, {"op": "RandomGamma", "gamma_limit": [80, 120], "p": 0.5}]
	]]`))
	fmt.Println(len(policy.Pairs()), err)
	_, err = augment.Parse("mine.json", []byte(`[[
		[{"op": "Blurr", "p": 0.25},
		 {"op": "Blur", "blur_limit": 5, "p": 2}]
	]]`))
	fmt.Println(err)
	// Output:
	// 1 <nil>
	// mine.json:2: set 1, pair 1, operation 1: unknown op "Blurr"; there are [Blur ElasticTransform GridDistortion InvertImg MotionBlur RandomBrightness RandomContrast RandomGamma RandomScale Rotate ShiftScaleRotate]
	// mine.json:3: set 1, pair 1, operation 2: Blur: p is 2, want a probability
}
