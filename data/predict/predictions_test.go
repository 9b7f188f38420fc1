package predict_test

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"hpaflow/data"
	"hpaflow/data/atomicfile/foldertest"
	"hpaflow/data/predict"
)

func TestFormat(t *testing.T) {
	labelled := &predict.Table{Classes: 2, Labeled: true, Rows: []*data.Prediction{
		{ID: "b", Labels: data.LabelsOf(1), Labeled: true, P: []float64{0, 1}},
		{ID: `a"`, Labeled: true, P: []float64{.00005, .12345}}, // as C rounds them: to the nearer decimal of the float64
	}}
	bare := &predict.Table{Classes: 3, Rows: []*data.Prediction{{ID: "x", P: []float64{.5, .25, .99996}}}}
	for _, c := range []struct {
		table *predict.Table
		want  string
	}{
		{labelled, "Id,L00,L01,P00,P01\nb,0,1,0.0000,1.0000\n\"a\"\"\",0,0,0.0001,0.1235\n"},
		{bare, "Id,P00,P01,P02\nx,0.5000,0.2500,1.0000\n"},
	} {
		path := filepath.Join(t.TempDir(), "p.csv")
		if err := predict.Write(path, c.table); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != c.want {
			t.Errorf("%v\n%s\nwant\n%s", err, got, c.want)
		}
	}
	bare.Rows = append(bare.Rows, labelled.Rows[0])
	dir := t.TempDir()
	if err := predict.Write(filepath.Join(dir, "p.csv"), bare); err == nil {
		t.Error("rows of other labels were written")
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("the failure left %v; %v", left, err)
	}
}

// What is written is read again, in every format.
func TestRoundTrip(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		want := drawTable(t, rapid.IntRange(1, 64).Draw(t, "classes"), rapid.Bool().Draw(t, "labelled"))
		path := filepath.Join(dir, rapid.SampledFrom([]string{"p.csv", "p.csv.zst", "p.shards"}).Draw(t, "name"))
		if err := predict.Write(path, want); err != nil {
			t.Fatal(err)
		}
		got, err := predict.Read(path, want.Classes)
		if err != nil {
			t.Fatal(err)
		}
		if !cmp.Equal(want, got) {
			t.Fatal(cmp.Diff(want, got))
		}
	})
}

// drawTable draws a table whose probabilities have four decimals.
func drawTable(t *rapid.T, classes int, labelled bool) *predict.Table {
	table := &predict.Table{Classes: classes, Labeled: labelled}
	for _, id := range rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z0-9_-]{1,4}`), 1, 12, rapid.ID).Draw(t, "ids") {
		r := &data.Prediction{ID: id, Labeled: labelled}
		for n := range classes {
			r.P = append(r.P, float64(rapid.IntRange(0, 10000).Draw(t, "p"))/10000)
			if labelled && rapid.Bool().Draw(t, "label") {
				r.Labels |= data.LabelsOf(n)
			}
		}
		table.Rows = append(table.Rows, r)
	}
	return table
}

func TestReadRefuses(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"a column lacks", "Id,P00\na,1\n", "p.csv:1: no column P01"},
		{"no row", "Id,P00,P01\n", "p.csv: the table has no row"},
		{"too many labels", "Id,P00,P01,P02\na,1,1,1\n", "p.csv:2: there is a column P02; the table is of more than 2 labels"},
		{"above one", "Id,P00,P01\na,1.1,0\n", `p.csv:2: a: P00 is "1.1", want a probability in 0..1`},
		{"not a number", "Id,P00,P01\na,0,NaN\n", `p.csv:2: a: P01 is "NaN", want a probability in 0..1`},
		{"text", "Id,P00,P01\na,0,\n", `p.csv:2: a: P01 is "", want a probability in 0..1`},
		{"an Id twice", "Id,P00,P01\na,0,0\nb,0,0\na,0,0\n", "p.csv:4: a stands in line 2 already"},
		{"labels in part", "Id,L01,P00,P01\na,0,0,0\n", "p.csv:2: there are 1 columns L00.. of 2"},
		{"another label", "Id,L00,L01,P00,P01\na,0,2,0,0\n", `p.csv:2: a: L01 is "2", want 0 or 1`},
		{"a path", "Id,P00,P01\n../a,0,0\n", `p.csv:2: "../a" cannot be an Id`},
	} {
		path := foldertest.Put(t, "p.csv", c.text)
		got, err := predict.Read(path, 2)
		if err == nil {
			t.Errorf("%s: read %v", c.name, got)
		} else if text := strings.ReplaceAll(err.Error(), filepath.Dir(path)+"/", ""); !strings.HasPrefix(text, c.want) {
			t.Errorf("%s: %s\nwant %s", c.name, text, c.want)
		}
	}
}

// The order of rows in the tables decides nothing but the order of the result.
func TestEnsembleJoinsByID(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first := drawTable(t, 3, true)
		var order []string
		for _, r := range first.Rows {
			order = append(order, r.ID)
		}
		members := []predict.Member{{Name: "first", Table: first, Weight: .2}}
		want := map[string][]float64{}
		for _, r := range first.Rows {
			want[r.ID] = []float64{.2 * r.P[0], .2 * r.P[1], .2 * r.P[2]}
		}
		for _, w := range []float64{1, .7} {
			m := &predict.Table{Classes: 3}
			for _, id := range rapid.Permutation(order).Draw(t, "rows") {
				p := float64(rapid.IntRange(0, 10000).Draw(t, "p")) / 10000
				m.Rows = append(m.Rows, &data.Prediction{ID: id, P: []float64{p, 1 - p, 0}})
				want[id][0] += w * p
				want[id][1] += w * (1 - p)
			}
			members = append(members, predict.Member{Name: "other", Table: m, Weight: w})
		}
		given := rapid.Permutation(order).Draw(t, "order")
		got, err := predict.Ensemble(members, given)
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range got.Rows {
			labels := first.Rows[slices.Index(order, r.ID)].Labels
			if r.ID != given[i] || r.Labels != labels || !r.Labeled {
				t.Fatalf("row %d is %v, want Id %s with labels %v", i, r, given[i], labels)
			}
			for n, p := range want[r.ID] {
				if math.Abs(r.P[n]-p/1.9) > 1e-15 {
					t.Fatalf("%s: P%02d is %v, want %v", r.ID, n, r.P[n], p/1.9)
				}
			}
		}
	})
}

func TestEnsembleRefuses(t *testing.T) {
	table := func(classes int, labels data.Labels, ids ...string) *predict.Table {
		t := &predict.Table{Classes: classes, Labeled: labels != 0}
		for _, id := range ids {
			t.Rows = append(t.Rows, &data.Prediction{ID: id, Labels: labels, Labeled: labels != 0, P: make([]float64, classes)})
		}
		return t
	}
	abc := predict.Member{Name: "abc", Table: table(2, 1, "a", "b", "c"), Weight: 1}
	for _, c := range []struct {
		want    string
		order   []string
		members []predict.Member
	}{
		{"an ensemble of no tables", nil, nil},
		{"m lacks Id b", nil, []predict.Member{abc, {Name: "m", Table: table(2, 0, "c", "a"), Weight: 1}}},
		{"m has, and the others do not, 2 Ids (x, y)", nil, []predict.Member{abc, {Name: "m", Table: table(2, 0, "x", "c", "y", "a", "b"), Weight: 1}}},
		{"m has other labels for 3 Ids (c, b, a)", nil, []predict.Member{abc, {Name: "m", Table: table(2, 2, "c", "b", "a"), Weight: 1}}},
		{"m is of 3 labels, abc of 2", nil, []predict.Member{abc, {Name: "m", Table: table(3, 0, "c", "b", "a"), Weight: 1}}},
		{"abc lacks 6 Ids (1, 2, 3, 4, 5, ...)\nabc has, and the others do not, 2 Ids (b, c)", []string{"a", "1", "2", "3", "4", "5", "6"}, []predict.Member{abc}},
		{"m has weight -1", nil, []predict.Member{abc, {Name: "m", Table: abc.Table, Weight: -1}}},
		{"m has weight NaN", nil, []predict.Member{abc, {Name: "m", Table: abc.Table, Weight: math.NaN()}}},
		{"all weights are 0", nil, []predict.Member{{Name: "m", Table: abc.Table}}},
	} {
		got, err := predict.Ensemble(c.members, c.order)
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%v, %v; want %s", got, err, c.want)
		}
	}
}

// FuzzRead: whatever the bytes are, a table is refused by name, or it is read,
// and then written and read again it is the same.
func FuzzRead(f *testing.F) {
	for _, text := range []string{"Id,P00,P01\na,1,0\n", "Id,L00,L01,P00,P01\na,0,1,1e-3,0.5\n", "P01,Id,P00\n0x1p-2,b,1\n", "Id\n\"\n"} {
		f.Add([]byte(text))
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(dir, "p.csv")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		read, err := predict.Read(path, 2)
		if err != nil {
			if !strings.HasPrefix(err.Error(), path+":") {
				t.Fatalf("no place: %v", err)
			}
			return
		}
		again := filepath.Join(dir, "again.csv")
		if err := predict.Write(again, read); err != nil {
			t.Fatal(err)
		}
		back, err := predict.Read(again, 2)
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range read.Rows {
			b := back.Rows[i]
			if b.ID != r.ID || b.Labels != r.Labels || b.Labeled != r.Labeled || math.Abs(b.P[0]-r.P[0]) > 5.1e-5 || math.Abs(b.P[1]-r.P[1]) > 5.1e-5 {
				t.Fatalf("%v became %v", r, b)
			}
		}
	})
}
