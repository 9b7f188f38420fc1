package deadletters

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"hpaflow/flow"
	"hpaflow/flow/component"
)

// letters is the sink of a file.
func letters(t *testing.T, file string) *deadLetters {
	t.Helper()
	s := newDeadLetters(&component.Node{Graph: flow.New(flow.Options{}), Spec: deadLettersSpec(), Name: "failed", Args: component.Args{"file": file}})
	return s
}

// A record that failed is not told as one that was skipped too, whatever comes
// first; letters are in the order of the records, with their times.
func TestLettersAreInOrder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "failed.jsonl")
	s := letters(t, file)
	at := time.Date(2026, 3, 4, 5, 6, 7, 89, time.UTC)
	for _, d := range []flow.DeadLetter{
		{Seq: 4, Key: "d", Stage: "group", Cause: "d lacks red", Skipped: true, Time: at},
		{Seq: 2, Key: "b", Stage: "group", Cause: "b lacks red", Skipped: true, Time: at},
		{Seq: 2, Key: "b", Stage: "decode", Cause: "b_red.png: empty", File: "b_red.png", Time: at},
		{Seq: 1, Key: "a", Stage: "decode", Cause: "panic", Stack: "goroutine 1", Time: at},
	} {
		if err := s.Write(context.Background(), flow.Record[flow.DeadLetter]{Value: d}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Commit(context.Background()); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for line := range strings.Lines(string(text)) {
		var d struct {
			Key, Stage, Cause, File, Stack string
			Time                           time.Time
			Skipped                        bool
		}
		if err := json.Unmarshal([]byte(line), &d); err != nil || !d.Time.Equal(at) {
			t.Errorf("%s: %v", line, err)
		}
		told = append(told, fmt.Sprint(d.Key, " ", d.Stage, " ", d.Cause, " ", d.File, d.Stack, d.Skipped))
	}
	if want := "a decode panic goroutine 1false; b decode b_red.png: empty b_red.pngfalse; d group d lacks red true"; strings.Join(told, "; ") != want {
		t.Errorf("letters %s\nwant %s", strings.Join(told, "; "), want)
	}
}

// What a letter takes in memory is little more than its key.
func TestLettersWeighLittle(t *testing.T) {
	const count = 100_000
	s := letters(t, filepath.Join(t.TempDir(), "failed.jsonl"))
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range count {
		key := fmt.Sprintf("%016d", i)
		s.take(flow.DeadLetter{Seq: int64(i), Key: key, Stage: "decode", Cause: "red plane: empty (" + key + "_red.png)", File: key + "_red.png", Time: time.Unix(int64(i), 0)})
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if each := (int64(after.HeapAlloc) - int64(before.HeapAlloc)) / count; each > 128 {
		t.Errorf("%d bytes a letter", each)
	} else {
		t.Logf("%d bytes a letter", each)
	}
	runtime.KeepAlive(s)
}
