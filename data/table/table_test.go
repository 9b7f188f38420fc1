package table_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hpaflow/data"
	"hpaflow/data/atomicfile/foldertest"
	"hpaflow/data/table"
)

func labelled(id string, numbers ...int) table.Row {
	return table.Row{ID: id, Labels: data.LabelsOf(numbers...), Labeled: true}
}

// Tables that people's programs write, and that mean what they seem to mean.
func TestReadTakesTablesAsTheyAreMeant(t *testing.T) {
	want := []table.Row{labelled("a", 16, 0), labelled("b", 7)}
	for name, text := range map[string]string{
		"plain":                   "Id,Target\na,16 0\nb,7\n",
		"no end of the last line": "Id,Target\na,16 0\nb,7",
		"windows line ends":       "Id,Target\r\na,16 0\r\nb,7\r\n",
		"byte-order mark":         "\xef\xbb\xbfId,Target\na,16 0\nb,7\n",
		"mark and quotes":         "\xef\xbb\xbf\"Id\",\"Target\"\r\n\"a\",\"16 0\"\r\n\"b\",\"7\"\r\n",
		"blanks around fields":    "Id , Target\n a , 16  0 \nb ,\t7\n",
		"columns turned about":    "Target,Comment,Id\n16 0,x,a\n7,,b\n",
		"letters of the header":   "ID,target\na,16 0\nb,7\n",
		"empty lines":             "Id,Target\n\na,16 0\n\n\nb,7\n\n",
		"empty fields behind":     "Id,Target\na,16 0,\nb,7, ,\n",
	} {
		got, err := table.Read(foldertest.Put(t, "t.csv", text), 28)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	got, err := table.Read(foldertest.Put(t, "t.csv", "Id,Predicted\na,0\nb,0\n"), 28)
	if want := []table.Row{{ID: "a"}, {ID: "b"}}; err != nil || !slices.Equal(got, want) {
		t.Errorf("without Target: %v, %v", got, err)
	}
	got, err = table.Read(foldertest.Put(t, "t.csv", "Id,Target,Split\na,,val\n"), 28)
	if want := []table.Row{{ID: "a", Labeled: true, Split: "val"}}; err != nil || !slices.Equal(got, want) {
		t.Errorf("no labels: %v, %v", got, err)
	}
}

// Every refusal names file and line, and all of them come at once.
func TestReadRefuses(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", `t.csv:1: the table is empty; its header should be Id`},
		{"no header", "00070df0,16 0\nb,7\n", `t.csv:1: no column Id; the first line should be the header Id, and is "00070df0,16 0"`},
		{"semicolons", "Id;Target\na;7\n", `t.csv:1: no column Id; the first line should be the header Id, and is "Id;Target"`},
		{"a column twice", "Id,Target,id\n", `t.csv:1: column Id is there twice`},
		{"label 28", "Id,Target\na,7\nb,0 28\n", `t.csv:3: b: label "28" is not a number in 0..27`},
		{"no number", "Id,Target\na,7;8\n", `t.csv:2: a: label "7;8" is not a number in 0..27`},
		{"a label twice", "Id,Target\na,7 7\n", `t.csv:2: a: label 7 is given twice`},
		{"an Id twice", "Id,Target\na,7\nb,1\na,7\n", `t.csv:4: a stands in line 2 already`},
		{"no Id", "Id,Target\n,7\n", `t.csv:2: the Id is empty`},
		{"a path", "Id,Target\n../a,7\n", `t.csv:2: "../a" cannot be an Id: it must be fit for a file's name, without blanks`},
		{"a blank", "Id,Target\na b,7\n", `t.csv:2: "a b" cannot be an Id: it must be fit for a file's name, without blanks`},
		{"a short row", "Id,Target\na\n", `t.csv:2: 1 fields, want at least 2`},
		{"labels without quotes", "Id,Target\na,7,8\n", `t.csv:2: 3 fields, and the header has 2; one that holds commas stands in quotes`},
		{"the same beside quotes", "Id,Target\n\"a\",7,8,\n", `t.csv:2: 3 fields, and the header has 2; one that holds commas stands in quotes`},
		{"a stray quote", "Id,Target\na,7\"\n", "t.csv:2:4: bare \" in non-quoted-field"},
		{"an open quote", "Id,Target\n\"a,7\n", "t.csv:2:6: extraneous or missing \" in quoted-field"},
		{"UTF-16", "\xff\xfeI\x00d\x00", "t.csv:1: the text is UTF-16; save it as UTF-8"},
		{"line numbers count lines, not rows", "Id,Target\n\n\n\"a\",\n\nb,x\n", `t.csv:6: b: label "x" is not a number in 0..27`},
		{"two faults", "Id,Target\na,28\na,29\nb,1\n", "t.csv:2: a: label \"28\" is not a number in 0..27\n" +
			"t.csv:3: a: label \"29\" is not a number in 0..27"},
	} {
		path := foldertest.Put(t, "t.csv", c.text)
		rows, err := table.Read(path, 28)
		if err == nil {
			t.Errorf("%s: read %v", c.name, rows)
			continue
		}
		if got := strings.ReplaceAll(err.Error(), filepath.Dir(path)+"/", ""); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
	if _, err := table.ReadLabelled(foldertest.Put(t, "t.csv", "Id\na\n"), 28); err == nil || !strings.Contains(err.Error(), "t.csv:1: no column Target") {
		t.Errorf("labels are needed: %v", err)
	}
	if _, err := table.Read(foldertest.Put(t, "t.csv", "Id,Target\n"+strings.Repeat("a,99\n", 50)), 28); strings.Count(err.Error(), "\n") != 9 {
		t.Errorf("not ten faults of fifty:\n%v", err)
	}
}

func TestWriteOfNoRowsIsATable(t *testing.T) {
	for _, name := range []string{"t.csv", "t.csv.zst"} {
		path := filepath.Join(t.TempDir(), name)
		if err := table.Write(path, nil); err != nil {
			t.Fatal(err)
		}
		if rows, err := table.ReadLabelled(path, 28); err != nil || len(rows) != 0 {
			t.Errorf("%s: %v, %v", name, rows, err)
		}
	}
}

// FuzzRead: whatever the bytes are, a table is refused with file:line, or it
// is read, and then written and read again it is the same.
func FuzzRead(f *testing.F) {
	for _, text := range []string{"Id,Target\na,16 0\n", "\xef\xbb\xbf\"Id\",Target,Split\r\n\"a\",\"1\",val\r\n", "Id\n\"\n", "Target,Id\n,é\n", "Id,Id\n", "\xff\xfe"} {
		f.Add([]byte(text))
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(dir, "t.csv")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		rows, err := table.Read(path, 28)
		if err != nil {
			if !strings.HasPrefix(err.Error(), path+":") {
				t.Fatalf("no place: %v", err)
			}
			return
		}
		again := filepath.Join(dir, "again.csv")
		if err := table.Write(again, rows); err != nil {
			t.Fatal(err)
		}
		back, err := table.Read(again, 28)
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) > 0 && !cmp.Equal(rows, back) {
			t.Fatal(cmp.Diff(rows, back))
		}
		third := filepath.Join(dir, "third.csv")
		if err := table.Write(third, back); err != nil {
			t.Fatal(err)
		}
		a, _ := os.ReadFile(again)
		if b, _ := os.ReadFile(third); !bytes.Equal(a, b) {
			t.Fatal("the same rows gave other bytes")
		}
	})
}
