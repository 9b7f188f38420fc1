package challenge_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"hpaflow/data"
	"hpaflow/data/atomicfile/foldertest"
	"hpaflow/data/challenge"
)

func TestWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "submission.csv")
	err := challenge.Write(path, []challenge.Row{{ID: "b", Labels: data.LabelsOf(25, 2, 16)}, {ID: "a"}})
	got, readErr := os.ReadFile(path)
	if want := "Id,Predicted\nb,2 16 25\na,\n"; err != nil || readErr != nil || string(got) != want {
		t.Errorf("%v, %v\n%s\nwant\n%s", err, readErr, got, want)
	}
	rows, err := challenge.Read(path, 28, 0)
	if want := []challenge.Row{{ID: "b", Labels: data.LabelsOf(2, 16, 25)}, {ID: "a"}}; err != nil || !slices.Equal(rows, want) {
		t.Errorf("read %v, %v", rows, err)
	}
	if _, err := challenge.Read(foldertest.Put(t, "t.csv", "Id,Predicted\na,1\na,2\n"), 28, 0); err == nil || !strings.Contains(err.Error(), "t.csv:3: a stands in line 2") {
		t.Errorf("an Id twice: %v", err)
	}
	order, err := challenge.ReadOrder(path, 0)
	if err != nil || !slices.Equal(order, []string{"b", "a"}) {
		t.Errorf("order %v, %v", order, err)
	}
}

// Tables in which an Id comes again, and Ids of which the submission knows
// nothing, as the published ones have them.
func TestApply(t *testing.T) {
	leak, err := challenge.ReadLeak(foldertest.Put(t, "t.csv", "Id,Target\nb,1\nx,3\na,25 16\nb,2 1\nx,4\ny,\n"), 28, 0)
	if err != nil {
		t.Fatal(err)
	}
	later := challenge.Leak{Name: "later", Known: []challenge.Row{{ID: "b"}, {ID: "c", Labels: data.LabelsOf(9)}}}
	rows := []challenge.Row{{ID: "a"}, {ID: "b", Labels: data.LabelsOf(7)}, {ID: "c", Labels: data.LabelsOf(9)}, {ID: "d", Labels: data.LabelsOf(0)}}
	before := slices.Clone(rows)
	got, applied := challenge.Apply(rows, []challenge.Leak{leak, later})
	want := []challenge.Row{{ID: "a", Labels: data.LabelsOf(16, 25)}, {ID: "b"}, {ID: "c", Labels: data.LabelsOf(9)}, {ID: "d", Labels: data.LabelsOf(0)}}
	if !slices.Equal(got, want) || !slices.Equal(rows, before) {
		t.Errorf("%v, want %v; given %v, now %v", got, want, before, rows)
	}
	report := []challenge.Applied{
		{Name: leak.Name, Samples: 2, Changed: 2, Repeated: 2, Strange: []string{"x", "y"}},
		{Name: "later", Samples: 2, Changed: 1},
	}
	if !cmp.Equal(applied, report) {
		t.Error(cmp.Diff(applied, report))
	}
}

// Table after table and row after row, as if each were a statement: the last
// one that names an Id stands.
func TestTheLastOneWins(t *testing.T) {
	ids := rapid.SampledFrom([]string{"a", "b", "c", "d", "e"})
	row := rapid.Custom(func(t *rapid.T) challenge.Row {
		return challenge.Row{ID: ids.Draw(t, "id"), Labels: data.Labels(rapid.Uint64Range(0, 15).Draw(t, "labels"))}
	})
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfNDistinct(row, 0, 5, func(r challenge.Row) string { return r.ID }).Draw(t, "rows")
		want := map[string]data.Labels{}
		for _, r := range rows {
			want[r.ID] = r.Labels
		}
		var leaks []challenge.Leak
		for range rapid.IntRange(0, 3).Draw(t, "tables") {
			leak := challenge.Leak{Known: rapid.SliceOfN(row, 0, 8).Draw(t, "known")}
			for _, k := range leak.Known {
				if _, here := want[k.ID]; here {
					want[k.ID] = k.Labels
				}
			}
			leaks = append(leaks, leak)
		}
		out, _ := challenge.Apply(rows, leaks)
		got := map[string]data.Labels{}
		for i, r := range out {
			if r.ID != rows[i].ID {
				t.Fatalf("row %d is of %s, was of %s", i, r.ID, rows[i].ID)
			}
			got[r.ID] = r.Labels
		}
		if !maps.Equal(got, want) {
			t.Fatalf("%v, want %v", got, want)
		}
	})
}

func TestReadLeakRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"Id,Target\na,28\n":   `t.csv:2: a: label "28" is not a number in 0..27`,
		"Id,Target\n../a,2\n": `t.csv:2: "../a" cannot be an Id`,
		"Id,Predicted\na,2\n": "t.csv:1: no column Target",
	} {
		if _, err := challenge.ReadLeak(foldertest.Put(t, "t.csv", text), 28, 0); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}
