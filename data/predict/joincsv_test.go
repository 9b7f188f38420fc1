package predict_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"hpaflow/data/predict"
)

// TestJoinRead: rows that go straight from a file into the sum make the same of
// it, and of its faults, as rows that are read first.
func TestJoinRead(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "p.csv")
	rapid.Check(t, func(t *rapid.T) {
		first := drawTable(t, 3, rapid.Bool().Draw(t, "labelled"))
		straight, byRow := &predict.Sum{}, &predict.Sum{}
		straight.Add(predict.Member{Name: "first", Table: first, Weight: 1})
		byRow.Add(predict.Member{Name: "first", Table: first, Weight: 1})
		for range 2 {
			other := drawTable(t, 3, first.Labeled)
			other.Rows = append(other.Rows, first.Rows...)
			if !rapid.Bool().Draw(t, "excess") {
				other.Rows = rapid.Permutation(first.Rows).Draw(t, "rows")
			}
			if err := os.WriteFile(path, []byte(csvOf(other)), 0o644); err != nil {
				t.Fatal(err)
			}
			a, b := straight.Join("other", 3, .5), byRow.Join("other", 3, .5)
			got, want := a.Read(path, 3, 0), predict.Each(path, 3, 0, b.Row)
			a.End()
			b.End()
			if (got == nil) != (want == nil) {
				t.Fatalf("error %v, want %v", got, want)
			}
			if want != nil {
				return
			}
		}
		got, fault := straight.Mean()
		want, wantFault := byRow.Mean()
		if !cmp.Equal(got, want) || fmt.Sprint(fault) != fmt.Sprint(wantFault) {
			t.Fatalf("%s\nfault %v\nwant %v", cmp.Diff(want, got), fault, wantFault)
		}
	})
}

// csvOf is a table's text, Ids that stand in it twice included.
func csvOf(table *predict.Table) string {
	var b strings.Builder
	b.WriteString("Id,L00,L01,L02,P00,P01,P02\n")
	if !table.Labeled {
		b.Reset()
		b.WriteString("Id,P00,P01,P02\n")
	}
	for _, r := range table.Rows {
		b.WriteString(r.ID)
		for n := 0; table.Labeled && n < table.Classes; n++ {
			fmt.Fprintf(&b, ",%d", map[bool]int{true: 1}[r.Labels.Has(n)])
		}
		for _, p := range r.P {
			fmt.Fprintf(&b, ",%.4f", p)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// TestJoinReadTwice: in a file of many pieces, each later line of an Id is named,
// and the first, whichever was added.
func TestJoinReadTwice(t *testing.T) {
	const rows, every = 60_000, 20_000
	sum := &predict.Sum{}
	text := strings.Builder{}
	text.WriteString("Id,P00\n")
	for i := range rows {
		id := fmt.Sprintf("sample-%06d", i)
		sum.Order = append(sum.Order, id)
		fmt.Fprintf(&text, "%s,0.%04d\n", id, i%10000)
	}
	twice := text.String()
	for i := 0; i < rows; i += every {
		twice += sum.Order[i] + ",1\n"
	}
	path := filepath.Join(t.TempDir(), "p.csv")
	for content, want := range map[string]string{
		text.String(): "<nil>",
		twice:         "P:60002: sample-000000 stands in line 2 already\nP:60003: sample-020000 stands in line 20002 already\nP:60004: sample-040000 stands in line 40002 already",
	} {
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		err := sum.Join("p", 1, 1).Read(path, 1, 0)
		if got := strings.ReplaceAll(fmt.Sprint(err), path, "P"); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
