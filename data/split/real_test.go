package split_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"hpaflow/data/duplicates"
	"hpaflow/data/split"
	"hpaflow/data/table"
)

// realTables is where a checkout may have the challenge's own label tables.
const realTables = "../../../shared/data"

// BenchmarkRealTables splits all 105,678 real samples, with duplicates as there
// might be and without, and fails where a label's share is out of bounds. It
// skips where the tables are not at hand.
func BenchmarkRealTables(b *testing.B) {
	if _, err := os.Stat(realTables); err != nil {
		b.Skip("no real tables here")
	}
	for name, made := range map[string]bool{"duplicates none": false, "duplicates made": true} {
		b.Run(name, func(b *testing.B) {
			var before runtime.MemStats
			runtime.ReadMemStats(&before)
			for b.Loop() {
				rows := append(realRows(b, "train.csv"), realRows(b, "external.csv")...)
				var tables [][]duplicates.Group
				if made {
					tables = [][]duplicates.Group{madeDuplicates(rows, 3), madeDuplicates(rows, 4)}
				}
				samples, _ := split.Assign(rows, tables, 11, generator())
				checkShares(b, samples)
			}
			var after runtime.MemStats
			runtime.ReadMemStats(&after)
			b.ReportMetric(float64(after.Sys)/(1<<20), "MiB-of-memory")
		})
	}
}

func realRows(b *testing.B, name string) []table.Row {
	rows, err := table.ReadLabelled(filepath.Join(realTables, name), 28)
	if err != nil {
		b.Fatal(err)
	}
	return rows
}

// madeDuplicates puts 3% of the samples into groups of two to five, with the
// labels of their first, as copies of one field would be.
func madeDuplicates(rows []table.Row, seed uint64) []duplicates.Group {
	rng := rand.New(rand.NewPCG(seed, 0))
	order := rng.Perm(len(rows))[:len(rows)*3/100]
	var groups []duplicates.Group
	for len(order) > 0 {
		n := min(2+rng.IntN(4), len(order))
		g := duplicates.Group{Hash: 1, Labels: rows[order[0]].Labels}
		for _, i := range order[:n] {
			g.IDs = append(g.IDs, rows[i].ID)
		}
		groups, order = append(groups, g), order[n:]
	}
	return groups
}

// checkShares holds the bounds to three decimals: of a label that 63 samples
// have, 11 or 12 are in a validation set, 0.1746 or 0.1905.
func checkShares(b *testing.B, samples []split.Assignment) {
	labels, _ := split.SharesOf(samples, 28)
	lowest, highest, lowestTest, highestTest := 1.0, 0.0, 1.0, 0.0
	for label, s := range labels {
		for k, share := range s.Val {
			lowest, highest = min(lowest, share), max(highest, share)
			if share < 0.1745 || share > 0.1905 {
				b.Errorf("label %d: %.4f of %d samples are in val %d", label, share, s.Samples, k)
			}
		}
		lowestTest, highestTest = min(lowestTest, s.TestVal), max(highestTest, s.TestVal)
		if s.TestVal < 0.0785 || s.TestVal > 0.1075 {
			b.Errorf("label %d: %.4f of %d samples are in test_val", label, s.TestVal, s.Samples)
		}
	}
	b.ReportMetric(lowest, "val-least")
	b.ReportMetric(highest, "val-most")
	b.ReportMetric(lowestTest, "test-least")
	b.ReportMetric(highestTest, "test-most")
}
