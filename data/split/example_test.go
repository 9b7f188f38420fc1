package split_test

import (
	"fmt"
	"math/rand/v2"

	"hpaflow/data"
	"hpaflow/data/duplicates"
	"hpaflow/data/split"
	"hpaflow/data/table"
)

// Samples go to folds that are alike in their labels, copies together; folds
// go to the sets of each cross validation.
func Example() {
	const folds = 5
	var rows []table.Row
	for i := range 100 {
		rows = append(rows, table.Row{ID: fmt.Sprint("s", i), Labels: data.LabelsOf(i % 2), Labeled: true})
	}
	copies := []duplicates.Group{{IDs: []string{"s0", "s2", "s4"}, Labels: data.LabelsOf(0)}}
	samples, unknown := split.Assign(rows, [][]duplicates.Group{copies}, folds, rand.New(rand.NewPCG(1, 2)))
	fmt.Println("copies together:", samples[0].Fold == samples[2].Fold, samples[0].Fold == samples[4].Fold, "unknown:", unknown)

	for k := range split.CrossValidations(folds) {
		count := map[string]int{}
		for _, s := range samples {
			count[split.Name(s.Fold, folds, k)]++
		}
		fmt.Println(k, count)
	}
	labels, all := split.SharesOf(samples, 2)
	fmt.Println(all.Samples, all.Val, all.TestVal, "even is", all.EvenVal(), all.EvenTestVal())
	fmt.Println("label 1:", labels[1].Samples, labels[1].Val)
	// Output:
	// copies together: true true unknown: 0
	// 0 map[test_val:20 train:40 val:40]
	// 1 map[test_val:20 train:40 val:40]
	// 100 [0.4 0.4] 0.2 even is 0.4 0.2
	// label 1: 50 [0.4 0.4]
}
