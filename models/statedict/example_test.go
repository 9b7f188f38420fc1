package statedict_test

import (
	"bytes"
	"fmt"
	"log"

	"hpaflow/models/statedict"
)

// Tensors are written as safetensors, read back, and laid against those that a
// network wants.
func Example() {
	var file bytes.Buffer
	err := statedict.Write(&file, []statedict.Tensor{
		{Name: "conv1.weight", Shape: []int{1, 3}, Data: []float32{1, 2, 3}},
		{Name: "fc.bias", Shape: []int{1}, Data: []float32{9}},
	}, map[string]string{"epoch": "7"})
	if err != nil {
		log.Fatal(err)
	}
	got, metadata, err := statedict.Read(&file, int64(file.Len())) // Load reads a file, .pth ones too
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(got[0].Name, got[0].Shape, "of epoch", metadata["epoch"])

	want := []statedict.Tensor{
		{Name: "conv1.weight", Shape: []int{1, 3}, Data: []float32{0, 0, 0}},
		{Name: "last_linear.bias", Shape: []int{2}, Data: []float32{0, 0}},
	}
	names := statedict.Names{Head: func(name string) bool { return name == "last_linear.bias" }}
	fitted, said, err := statedict.Fit(want, got, names)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(fitted[0].Data, fitted[1].Data)
	fmt.Println(said)

	_, _, err = statedict.Fit(want, got, statedict.Names{})
	fmt.Println(err)
	// Output:
	// conv1.weight [1 3] of epoch 7
	// [1 2 3] [0 0]
	// 1 tensors taken; not in the file and left at initial values: last_linear.bias; not used: fc.bias [1]
	// tensor last_linear.bias is missing
}
