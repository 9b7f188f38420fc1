package predict_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"hpaflow/data"
	"hpaflow/data/predict"
)

// Two networks' tables, in orders of their own and of two formats, become one.
func Example() {
	dir, err := os.MkdirTemp("", "predict")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	first := &predict.Table{Classes: 2, Rows: []*data.Prediction{{ID: "a", P: []float64{.9, .1}}, {ID: "b", P: []float64{.5, .25}}}}
	second := &predict.Table{Classes: 2, Rows: []*data.Prediction{{ID: "b", P: []float64{.1, .05}}, {ID: "a", P: []float64{.7, .3}}}}

	var members []predict.Member
	for _, t := range []struct {
		name string
		*predict.Table
	}{{"first.csv", first}, {"second.shards", second}} {
		path := filepath.Join(dir, t.name) // whose ending says how it is kept
		if err := predict.Write(path, t.Table); err != nil {
			log.Fatal(err)
		}
		read, err := predict.Read(path, 2)
		if err != nil {
			log.Fatal(err)
		}
		members = append(members, predict.Member{Name: t.name, Table: read, Weight: 1})
	}
	mean, err := predict.Ensemble(members, []string{"a", "b"})
	if err != nil {
		log.Fatal(err)
	}
	for _, row := range mean.Rows {
		fmt.Printf("%s %.3f\n", row.ID, row.P)
	}

	members[0].Table.Rows[0].ID = "c"
	_, err = predict.Ensemble(members, nil)
	fmt.Println(err)
	// Output:
	// a [0.800 0.200]
	// b [0.300 0.150]
	// second.shards lacks Id c
	// second.shards has, and the others do not, Id a
}
