package configs_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hpaflow/data"
	"hpaflow/data/codec"
	"hpaflow/data/goldentest"
	"hpaflow/data/predict"
	"hpaflow/flow"
)

// hashed is the hash that testdata/submit.py draws tables from.
func hashed(name string, i int) int {
	return int(goldentest.Hash(name, i) >> 16)
}

const submitClasses = 28

// submitTable is submit.py's table, with its rows in an order of its own.
func submitTable(network, prefix string, rows, levels int, labelled bool) *predict.Table {
	t := &predict.Table{Classes: submitClasses, Labeled: labelled}
	for i := range rows {
		r := &data.Prediction{ID: fmt.Sprintf("%s%d", prefix, i), Labeled: labelled}
		for n := range submitClasses {
			p := hashed(network+" "+r.ID, n) % (levels + 1)
			if hashed("labels "+r.ID, n)%10 < n%6 {
				p = max(p, levels/3)
				if labelled {
					r.Labels |= data.LabelsOf(n)
				}
			}
			r.P = append(r.P, float64(p)/float64(levels))
		}
		r.P[26], r.P[27] = .5, 1
		t.Rows = append(t.Rows, r)
	}
	place := func(r *data.Prediction) int { return hashed(network+r.ID, 0) }
	slices.SortFunc(t.Rows, func(a, b *data.Prediction) int { return place(a) - place(b) })
	return t
}

func put(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestSubmitEqualsNumpy makes submissions of three networks' tables, whose
// probabilities tie with each other and with thresholds.
func TestSubmitEqualsNumpy(t *testing.T) {
	var cases []struct {
		Levels             int
		Thresholds         []float64
		MacroF1            float64 `json:"macro_f1"`
		Submission, Leaked []string
	}
	text, err := os.ReadFile("testdata/submit.json")
	if err == nil {
		err = json.Unmarshal(text, &cases)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		dir := t.TempDir()
		sets := map[string][]string{}
		for k := range 3 {
			network := fmt.Sprintf("%d.%d", c.Levels, k)
			for split, table := range map[string]*predict.Table{
				"test_val": submitTable(network, "v", 60, c.Levels, true), "test": submitTable(network, "t", 25, c.Levels, false),
			} {
				path := filepath.Join(dir, fmt.Sprintf("%s.%d%s", split, k, []string{".csv", ".csv.zst", ".shards"}[k]))
				if err := predict.Write(path, table); err != nil {
					t.Fatal(err)
				}
				sets[split] = append(sets[split], path)
			}
		}
		order := "Id,Predicted\n"
		for _, line := range c.Submission {
			id, _, _ := strings.Cut(line, ",")
			order += id + ",0\n"
		}
		leaks := []string{
			put(t, filepath.Join(dir, "leak.csv"), "Id,Target\nt3,8\nt4,\nt9,27\nt3,5 0\nnobody,1\n"),
			put(t, filepath.Join(dir, "ahash.csv"), "Id,Target\nt7,25 2\nt3,1\n"),
			put(t, filepath.Join(dir, "phash.csv"), "Id,Target\nt7,9\n"),
		}
		submit := func(more ...string) error {
			_, err := run(t, "submit.flow", flow.Options{}, append([]string{
				"test_val=" + strings.Join(sets["test_val"], ","), "test=" + strings.Join(sets["test"], ","), "weights=0.2,1,0.5",
				"order=" + put(t, filepath.Join(dir, "order.csv"), order), "leaks=" + strings.Join(leaks, ","), "out=" + dir,
			}, more...)...)
			return err
		}
		if err := submit(); err != nil {
			t.Fatal(err)
		}
		for n, row := range readCSV(t, filepath.Join(dir, "thresholds.csv")) {
			if row[2] != fmt.Sprintf("%.2f", c.Thresholds[n]) {
				t.Errorf("%d levels: label %d has threshold %s, numpy's is %v", c.Levels, n, row[2], c.Thresholds[n])
			}
		}
		var scores struct {
			MacroF1 float64 `json:"macro_f1"`
		}
		if text, err := os.ReadFile(filepath.Join(dir, "thresholds.json")); err != nil || json.Unmarshal(text, &scores) != nil || math.Abs(scores.MacroF1-c.MacroF1) > 1e-12 {
			t.Errorf("%d levels: macro F1 %v, numpy's is %v (%v)", c.Levels, scores.MacroF1, c.MacroF1, err)
		}
		for name, want := range map[string][]string{"submission.csv": c.Submission, "submission.csv.leak.csv": c.Leaked} {
			got, err := os.ReadFile(filepath.Join(dir, name))
			if want := "Id,Predicted\n" + strings.Join(want, "\n") + "\n"; err != nil || string(got) != want {
				t.Errorf("%d levels: %s (%v)\n%s\nnumpy's is\n%s", c.Levels, name, err, got, want)
			}
		}
		if picture, err := os.ReadFile(filepath.Join(dir, "thresholds.png")); err != nil {
			t.Error(err)
		} else if im, err := codec.DecodeRGBY(picture); err != nil || im.Width < 800 {
			t.Errorf("the picture: %v", err)
		}
		if err := submit("strict=true"); err == nil || !strings.HasSuffix(err.Error(), "leak: "+leaks[0]+": no such sample: Id nobody") {
			t.Errorf("an Id that is no sample: %v", err)
		}
	}
}

// readCSV gives the rows below the header.
func readCSV(t *testing.T, path string) [][]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil || len(all) < 2 {
		t.Fatalf("%s: %d rows, %v", path, len(all), err)
	}
	return all[1:]
}
