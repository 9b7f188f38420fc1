package duplicates_test

import (
	"fmt"

	"hpaflow/data"
	"hpaflow/data/duplicates"
)

// Images whose hashes differ in few bits are one group and share their labels;
// a test image near one of them leaks its labels.
func Example() {
	known := []duplicates.Image{
		{ID: "a", Hash: 0xff00ff00ff00ff00, Labels: data.LabelsOf(0), Train: true},
		{ID: "b", Hash: 0x00000000ffffffff, Labels: data.LabelsOf(5), Train: true},
		{ID: "c", Hash: 0xff00ff00ff00ff01, Labels: data.LabelsOf(2), Train: true}, // a bit from a
		{ID: "dark", Hash: 0, Labels: data.LabelsOf(7), Train: true},
		{ID: "black", Hash: 0, Labels: data.LabelsOf(8), Train: true}, // says nothing: any dark image has it
	}
	for _, g := range duplicates.Groups(known, 2) {
		fmt.Println(g.Hash, g.IDs, "labels", g.Labels)
	}
	test := []duplicates.Image{{ID: "x", Hash: 0xff00ff00ff00ff03}, {ID: "y", Hash: 0x0123456789abcdef}}
	for _, leak := range duplicates.Leaks(known, test, 2) {
		fmt.Println(leak.ID, "leaks", leak.Labels)
	}
	// Output:
	// ff00ff00ff00ff00 [a c] labels 0 2
	// 00000000ffffffff [b] labels 5
	// 0000000000000000 [dark] labels 7
	// 0000000000000000 [black] labels 8
	// x leaks 0 2
}

// Sets of numbers that are joined pair by pair.
func ExampleUnion() {
	u := duplicates.NewUnion(5)
	u.Join(3, 4)
	u.Join(4, 1)
	fmt.Println(u.Find(0), u.Find(1), u.Find(2), u.Find(3), u.Find(4))
	// Output: 0 1 2 1 1
}
