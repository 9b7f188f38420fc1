package corrections

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hpaflow/data"
	"hpaflow/data/table"
)

// write makes a table of corrections of rows as they are written.
func write(t testing.TB, rows ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "corrections.csv")
	if err := os.WriteFile(path, []byte(header+strings.Join(rows, "\n")+"\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// What rows come to, one after the other.
func TestState(t *testing.T) {
	const one, two = "2026-01-02T03:04:05.000000001Z", "2026-01-02T03:04:05.000000002Z"
	for _, c := range []struct {
		rows   []string
		before data.Labels
		want   data.Labels
		some   bool
		note   string
		flag   bool
	}{
		{rows: []string{"a,add:3,," + one}, before: data.LabelsOf(1), want: data.LabelsOf(1, 3), some: true},
		{rows: []string{"a,add:3,," + one, "a,drop:1,," + two}, before: data.LabelsOf(1), want: data.LabelsOf(3), some: true},
		{rows: []string{"a,add:3,," + one, "a,drop:3,," + two}, before: data.LabelsOf(1), want: data.LabelsOf(1), some: true},
		{rows: []string{"a,2 5,,"}, before: data.LabelsOf(1), want: data.LabelsOf(2, 5), some: true},
		{rows: []string{"a,none,,"}, before: data.LabelsOf(1), some: true},
		{rows: []string{"a,add:3,," + one, "a,none,," + two}, before: data.LabelsOf(1), some: true},
		{rows: []string{"a,none,," + one, "a,add:4,," + two}, before: data.LabelsOf(1), want: data.LabelsOf(4), some: true},
		{rows: []string{"a,add:3,," + one, "a,undo:" + one + ",," + two}, before: data.LabelsOf(1), want: data.LabelsOf(1)},
		{rows: []string{"a,add:3,," + one, "a,add:4,," + two, "a,undo:" + one + ",,"}, want: data.LabelsOf(4), some: true},
		{rows: []string{"b,add:3,," + one}, before: data.LabelsOf(1), want: data.LabelsOf(1)},
		{rows: []string{"a,flag,dim," + one, "a,,\" =1+1\"," + two}, some: true, note: "=1+1", flag: true},
		{rows: []string{"a,flag,dim," + one, "a,unflag unnote,," + two}, some: true},
	} {
		l, err := Read(write(t, c.rows...), 28, 0)
		if err != nil {
			t.Errorf("%q: %v", c.rows, err)
			continue
		}
		s, some := l.State("a")
		if got := s.Of(c.before); got != c.want || some != c.some || s.Note != c.note || s.Flagged != c.flag {
			t.Errorf("%q: labels %v, some %v, note %q, flagged %v", c.rows, got, some, s.Note, s.Flagged)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	for row, want := range map[string]string{
		"a,add:28,,":             `:2: a: label "28" is not a number in 0..27`,
		"a,plus:3,,":             `:2: a: label "plus:3" is not a number in 0..27; Target has`,
		"a,3 add:4,,":            "exact labels and others",
		"a,add:3 drop:3,,":       "both added and dropped",
		"a,flag unflag,,":        "both flagged and not",
		"a,undo:yesterday,,":     "is no time",
		"a,add:3,,yesterday":     "is no time",
		"../a,add:3,,":           "cannot be an Id",
		"a,unnote,but written,,": "",
	} {
		_, err := Read(write(t, row), 28, 0)
		if want == "" {
			continue
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", row, err, want)
		}
	}
}

// What is appended is read as it was given, whatever is in a note.
func TestAppendRoundTrip(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		c := Change{
			ID:     rapid.StringMatching(`[a-z0-9_]{1,8}`).Draw(r, "id"),
			Labels: data.Labels(rapid.Uint64Range(0, 1<<28-1).Draw(r, "add")),
			Exact:  rapid.Bool().Draw(r, "exact"),
			Flag:   rapid.Bool().Draw(r, "flag"),
			Note:   rapid.String().Draw(r, "note"),
		}
		if !c.Exact {
			c.Drop = data.Labels(rapid.Uint64Range(0, 1<<28-1).Draw(r, "drop")) &^ c.Labels
		}
		dir, err := os.MkdirTemp("", "corrections")
		if err != nil {
			r.Fatal(err)
		}
		defer os.RemoveAll(dir)
		path := filepath.Join(dir, "c.csv")
		made, err := Append(path, 28, c)
		if err != nil {
			r.Fatal(err)
		}
		l, err := Read(path, 28, 0)
		if err != nil {
			r.Fatal(err)
		}
		got := l.Changes[0]
		if want := made[0]; !got.Time.Equal(want.Time) || got.ID != c.ID || got.Exact != c.Exact || got.Labels != c.Labels || got.Drop != c.Drop || got.Flag != c.Flag || got.Note != strings.TrimSpace(want.Note) {
			r.Errorf("%+v was appended, %+v is read", want, got)
		}
		if b, _ := os.ReadFile(path); strings.Count(string(b), "\n") != 2 {
			r.Errorf("a row is more than a line: %q", b)
		}
	})
}

// Many who append at once lose nothing, and no two changes have one time.
func TestAppendAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.csv")
	const people, each = 4, 12
	var all sync.WaitGroup
	for p := range people {
		all.Go(func() {
			for i := range each {
				if _, err := Append(path, 28, Change{ID: fmt.Sprintf("p%d_%d", p, i), Flag: true}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	l, err := Read(path, 28, 0)
	if err != nil {
		t.Fatal(err)
	}
	times := map[time.Time]bool{}
	for _, c := range l.Changes {
		times[c.Time] = true
	}
	if len(l.IDs()) != people*each || len(times) != people*each {
		t.Errorf("%d changes of %d, %d times", len(l.IDs()), people*each, len(times))
	}
}

func TestAppendLeavesOtherTables(t *testing.T) {
	path := filepath.Join(t.TempDir(), "train.csv")
	if err := os.WriteFile(path, []byte("Id,Target\na,3\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Append(path, 28, Change{ID: "a", Flag: true}); err == nil || !strings.Contains(err.Error(), "is no table of corrections") {
		t.Errorf("%v", err)
	}
	if b, _ := os.ReadFile(path); string(b) != "Id,Target\na,3\n" {
		t.Errorf("the table is %q by now", b)
	}
}

// Processes that append are killed at any moment: the file is whole, and has all that
// they said was kept.
func TestKilled(t *testing.T) {
	if path := os.Getenv("CORRECTIONS_APPEND"); path != "" {
		for i := 0; ; i++ {
			c := Change{ID: fmt.Sprintf("%s_%d", os.Getenv("CORRECTIONS_NAME"), i), Labels: data.LabelsOf(i % 28), Note: "a note, with \"quotes\""}
			if _, err := Append(path, 28, c); err != nil {
				fmt.Println("failed:", err)
				os.Exit(1)
			}
			fmt.Println(c.ID)
		}
	}
	path := filepath.Join(t.TempDir(), "c.csv")
	kept := 0
	for round := range 6 {
		var said [2]strings.Builder
		var running [2]*exec.Cmd
		for i := range running {
			cmd := exec.Command(os.Args[0], "-test.run=^TestKilled$")
			cmd.Env = append(os.Environ(), "CORRECTIONS_APPEND="+path, fmt.Sprintf("CORRECTIONS_NAME=r%d_%d", round, i))
			cmd.Stdout = &said[i]
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			running[i] = cmd
		}
		time.Sleep(time.Duration(60+37*round) * time.Millisecond)
		for _, cmd := range running {
			cmd.Process.Kill()
			var exit *exec.ExitError
			if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
				t.Fatal(err)
			}
		}
		l := Empty()
		if _, err := os.Stat(path); err == nil {
			if l, err = Read(path, 28, 0); err != nil {
				t.Fatal(err)
			}
		}
		for _, text := range said {
			for line := range strings.Lines(text.String()) {
				id := strings.TrimSuffix(line, "\n")
				if strings.HasPrefix(id, "failed") {
					t.Fatal(id)
				}
				if _, some := l.State(id); !some && strings.HasSuffix(line, "\n") {
					t.Errorf("%s was kept, and is gone", id)
				}
				kept++
			}
		}
	}
	if _, err := Append(path, 28, Change{ID: "last", Flag: true}); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
		t.Errorf("those who were killed have left %v, %v", left, err)
	}
	if kept == 0 {
		t.Skip("the machine is too slow: nothing was kept before the kill")
	}
}

// A corrected table is the table with the same change made in it.
func TestApply(t *testing.T) {
	rows := []table.Row{{ID: "a", Labels: data.LabelsOf(1), Labeled: true}, {ID: "b", Labels: data.LabelsOf(2), Labeled: true}, {ID: "c"}, {ID: "d", Labels: data.LabelsOf(4), Labeled: true}}
	l, err := Read(write(t, "a,add:3 drop:1,,", "b,flag,look again,", "c,7,,", "d,add:4,,", "e,add:1,,"), 28, 0)
	if err != nil {
		t.Fatal(err)
	}
	used := l.Apply(rows)
	want := []table.Row{{ID: "a", Labels: data.LabelsOf(3), Labeled: true}, {ID: "b", Labels: data.LabelsOf(2), Labeled: true}, {ID: "c", Labels: data.LabelsOf(7), Labeled: true}, {ID: "d", Labels: data.LabelsOf(4), Labeled: true}}
	for i := range rows {
		if rows[i] != want[i] {
			t.Errorf("%+v, want %+v", rows[i], want[i])
		}
	}
	if used != (Used{Samples: 4, Rows: 3, Changed: 2, Strange: 1}) {
		t.Errorf("%+v", used)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("a,add:3,note,2026-01-02T03:04:05Z\na,undo:2026-01-02T03:04:05Z,,\n")
	f.Add("a,\"none\",\"x\ny\",\n")
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(t.TempDir(), "c.csv")
		if err := os.WriteFile(path, []byte(header+text), 0o666); err != nil {
			t.Fatal(err)
		}
		l, err := Read(path, 28, 0)
		if err != nil {
			return
		}
		for _, id := range l.IDs() {
			if s, _ := l.State(id); s.Of(0)>>28 != 0 {
				t.Errorf("%q has labels %v", id, s.Of(0))
			}
		}
	})
}
