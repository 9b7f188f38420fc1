package table_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"hpaflow/data/atomicfile/foldertest"
	"hpaflow/data/table"
)

// Every line end there is, and a mix of them.
func TestReadTakesEveryLineEnd(t *testing.T) {
	want := []table.Row{labelled("a", 16, 0), labelled("b", 7)}
	for name, text := range map[string]string{
		"CR":                 "Id,Target\ra,16 0\rb,7\r",
		"CR without the end": "Id,Target\ra,16 0\rb,7",
		"CR and a mark":      "\xef\xbb\xbfId,Target\ra,16 0\rb,7\r",
		"a mix":              "Id,Target\r\na,16 0\rb,7\n",
		"CR and blank lines": "Id,Target\r\r\ra,16 0\r\rb,7\r\r",
	} {
		got, err := table.Read(foldertest.Put(t, "t.csv", text), 28)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	_, err := table.Read(foldertest.Put(t, "t.csv", "Id,Target\ra,0\rb,x\r"), 28)
	if err == nil || !strings.Contains(err.Error(), `t.csv:3: b: label "x"`) {
		t.Errorf("lines are counted by their ends: %v", err)
	}
	long := "Id,Target\r" + strings.Repeat("x", 1<<16-10-1) + ",1\r\n" + "b,7\r\n" // a CRLF across a buffer's end
	if rows, err := table.Read(foldertest.Put(t, "t.csv", long), 28); err != nil || len(rows) != 2 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
}

// compressedOf writes a table of so many times the same text.
func compressedOf(t *testing.T, head, text string, times int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "t.csv.zst")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := zstd.NewWriter(f)
	if err != nil {
		t.Fatal(err)
	}
	z.Write([]byte(head))
	block := bytes.Repeat([]byte(text), 1<<10)
	for range times >> 10 {
		z.Write(block)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// A few bytes that stand for gigabytes are refused before they are in memory,
// and so is a table of more rows than there may be.
func TestTablesAreBounded(t *testing.T) {
	for _, c := range []struct{ name, path, want string }{
		{"zeros", compressedOf(t, "Id,Target\n", "\x00", 1<<27), "t.csv.zst:2: the line is longer than 1048576 bytes: is this a table?"},
		{"zeros alone", compressedOf(t, "", "\x00", 1<<27), "t.csv.zst:1: the line is longer than 1048576 bytes: is this a table?"},
		{"blank lines", compressedOf(t, "Id,Target\n", "\n", 1<<24), "the table has more than 10000000 rows"},
		{"wide rows", compressedOf(t, "Id,Target\n", strings.Repeat("x", 1<<12)+"\n", 1<<14), "fields, want at least 2"},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := table.Read(c.path, 28)
		runtime.ReadMemStats(&after)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > 64<<20 {
			t.Errorf("%s: %d MiB were allocated", c.name, took>>20)
		}
	}
	three := foldertest.Put(t, "t.csv", "Id,Target\na,1\nb,2\nc,3\n")
	if rows, err := table.Limit(3).Read(three, 28); err != nil || len(rows) != 3 {
		t.Errorf("%v, %v", rows, err)
	}
	_, err := table.Limit(1).Read(three, 28)
	if err == nil || !strings.Contains(err.Error(), "the table has more than 1 rows; to allow it, write max_rows = 4 in the flow's run block") {
		t.Error(err)
	}
	wider := compressedOf(t, "Id,Target,x\n", "a,1,"+strings.Repeat("y", 1<<17)+"\n", 1<<10)
	err = table.Limit(2000).Scan(wider, table.Columns{Need: []string{"Id"}}, func(table.Fields) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "the table holds more bytes than 2000 rows and its size let expect") {
		t.Error(err)
	}
	// As many rows as may be, and wide ones, are within the bounds.
	var rows strings.Builder
	for n := range 64 {
		fmt.Fprintf(&rows, "k%d,1,%s\n", n, strings.Repeat("y", 4<<10))
	}
	wide := compressedOf(t, "Id,Target,x\n"+rows.String(), "", 0)
	if read, err := table.Limit(64).Read(wide, 28); err != nil || len(read) != 64 {
		t.Errorf("%d rows, %v", len(read), err)
	}
}
