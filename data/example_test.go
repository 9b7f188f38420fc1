package data_test

import (
	"fmt"
	"log"

	"hpaflow/data"
)

// A sample is an Id, labels and planes of one size, which lie one after the
// other.
func Example() {
	labels, err := data.ParseLabels("25 0", len(data.LabelNames))
	if err != nil {
		log.Fatal(err)
	}
	s := &data.Sample{ID: "1_A1_1", Labels: labels, Labeled: true, Image: data.NewImage(3, 2, len(data.Colours), 8)}
	for p, plane := range s.Image.Planes {
		for i := range plane.U8 {
			plane.U8[i] = uint8(10*p + i)
		}
	}
	fmt.Printf("%s is %s: %s\n", s.ID, s.Source(), data.LabelNames.List(s.Labels))
	for p, plane := range s.Image.Planes {
		fmt.Println(data.Colours[p], plane.U8)
	}
	fmt.Println(s.Image.Bytes(), "bytes,", s.Image.Depth(), "bits,", data.CheckID("1 A1"))
	// Output:
	// 1_A1_1 is external: 0 Nucleoplasm, 25 Cytosol
	// red [0 1 2 3 4 5]
	// green [10 11 12 13 14 15]
	// blue [20 21 22 23 24 25]
	// yellow [30 31 32 33 34 35]
	// 24 bytes, 8 bits, "1 A1" cannot be an Id: it must be fit for a file's name, without blanks
}

// Labels are a set: they know no order and no repetition.
func ExampleLabels() {
	labels := data.LabelsOf(21, 2, 21)
	fmt.Println(labels, labels.Len(), labels.Has(2), labels.Has(3))
	_, err := data.ParseLabels("2 28", 28)
	fmt.Println(err)
	// Output:
	// 2 21 2 true false
	// label "28" is not a number in 0..27
}
