package search

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
)

// WriteTable writes the results as CSV, best first: rank, trial, epochs, score,
// status (base, kept, dropped or diverged) and the set as JSON.
func WriteTable(w io.Writer, results []Result, keep int) error {
	kept := map[int]bool{}
	for _, r := range Kept(results, keep) {
		kept[r.Trial.Number] = true
	}
	out := csv.NewWriter(w)
	rows := [][]string{{"rank", "trial", "epochs", "score", "status", "set"}}
	for i, r := range Rank(results) {
		status, set := "dropped", ""
		switch {
		case r.Diverged:
			status = "diverged"
		case r.Trial.IsBase():
			status = "base"
		case kept[r.Trial.Number]:
			status = "kept"
		}
		if !r.Trial.IsBase() {
			text, err := json.Marshal(r.Trial.Set)
			if err != nil {
				return err
			}
			set = string(text)
		}
		rows = append(rows, []string{
			strconv.Itoa(i + 1), r.Trial.Name(), strconv.Itoa(r.Epochs), strconv.FormatFloat(r.Score, 'g', -1, 64), status, set,
		})
	}
	return out.WriteAll(rows)
}
