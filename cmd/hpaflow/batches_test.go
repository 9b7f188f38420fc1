package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hpaflow/data/cells/cellstest"
)

// frame is one of hpaflow batches.
type frame struct {
	kind string
	text struct {
		Epoch, Batch, Batches, Samples, Slot int
		Records                              int64
		Keys                                 []string
		Repeat                               bool
		Shape                                []int
		SlotBytes                            int `json:"slot_bytes"`
	}
	fields [2]string // images and targets
}

func readFrame(t *testing.T, from io.Reader) (f frame, more bool) {
	t.Helper()
	var length [8]byte
	if _, err := io.ReadFull(from, length[:]); err != nil {
		return f, false
	}
	b := make([]byte, binary.LittleEndian.Uint64(length[:]))
	if _, err := io.ReadFull(from, b); err != nil {
		t.Fatal(err)
	}
	f.kind, b = string(b[:4]), b[4:]
	if f.kind == "data" {
		n := binary.LittleEndian.Uint64(b)
		rest := b[8+n:]
		b = b[8:][:n]
		for i := 0; len(rest) > 0; i++ {
			n := binary.LittleEndian.Uint64(rest)
			f.fields[i], rest = string(rest[8:][:n]), rest[8+n:]
		}
	}
	if f.kind != "done" && f.kind != "fail" {
		if err := json.Unmarshal(b, &f.text); err != nil {
			t.Fatalf("%s: %v", b, err)
		}
	}
	return f, true
}

// batchesFlow is train.flow on ten samples to train on and some to validate on.
type batchesFlow struct {
	t       *testing.T
	hpaflow string
	args    []string
}

func (f *batchesFlow) command(more ...string) *exec.Cmd {
	return exec.Command(f.hpaflow, slices.Concat([]string{"batches"}, f.args, more)...)
}

func (f *batchesFlow) frames(more ...string) (list []frame) {
	f.t.Helper()
	c := f.command(more...)
	c.Stderr = &bytes.Buffer{}
	out, err := c.Output()
	if err != nil {
		f.t.Fatalf("%v: %v\n%s", c.Args, err, c.Stderr)
	}
	for from := bytes.NewReader(out); ; {
		got, more := readFrame(f.t, from)
		if !more {
			break
		}
		list = append(list, got)
	}
	if n := len(list); n < 2 || list[0].kind != "head" || list[n-1].kind != "done" {
		f.t.Fatalf("%v: frames %v", c.Args, list)
	}
	return list[1 : len(list)-1]
}

func newBatchesFlow(t *testing.T) *batchesFlow {
	images, split := cellstest.TrainingSet(t, 10, 6)
	config, err := filepath.Abs("../../configs/train.flow")
	if err != nil {
		t.Fatal(err)
	}
	f := &batchesFlow{t, program(t), []string{config}}
	for _, set := range []string{"images=" + images, "table=" + split, "size=16", "batch=3", "policy=best", "seed=7"} {
		f.args = append(f.args, "--set", set)
	}
	return f
}

func keysOf(frames []frame) (keys []string) {
	for _, f := range frames {
		keys = append(keys, f.text.Keys...)
	}
	return keys
}

// The batches of several epochs are the same at any number of workers, and from any
// batch on; runs that share an epoch have each batch once.
func TestBatches(t *testing.T) {
	notForRaces(t)
	f := newBatchesFlow(t)
	all := f.frames("--epochs", "2")
	if len(all) != 8 || all[3].kind != "last" || all[7].kind != "last" { // 3 of 3 samples each, and the end
		t.Fatalf("%d frames", len(all))
	}
	if k := keysOf(all[:3]); len(slices.Compact(slices.Sorted(slices.Values(k)))) != 9 || slices.Equal(k, keysOf(all[4:7])) {
		t.Errorf("epochs of %v", k)
	}
	if head := "\x93NUMPY"; !strings.HasPrefix(all[0].fields[0], head) || !strings.Contains(all[0].fields[0][:128], "(3, 4, 16, 16)") || !strings.Contains(all[0].fields[1][:128], "(3, 28)") {
		t.Errorf("arrays of %.128q and %.128q", all[0].fields[0], all[0].fields[1])
	}
	same := func(what string, got, want []frame) {
		t.Helper()
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %v, want %v", what, keysOf(got), keysOf(want))
		}
	}
	same("one worker", f.frames("--epochs", "2", "--workers", "1"), all)
	same("gone on", f.frames("--epoch", "1", "--records", fmt.Sprint(all[4].text.Records)), all[5:])
	var shared []frame
	for rank := range 2 {
		mine := f.frames("--world-size", "2", "--rank", fmt.Sprint(rank))
		if len(mine) != 2 {
			t.Fatalf("rank %d has %d frames", rank, len(mine))
		}
		shared = append(shared, mine[0])
	}
	for i, s := range shared {
		if s.fields != all[i].fields {
			t.Errorf("rank %d has %v, want %v", i, s.text.Keys, all[i].text.Keys)
		}
	}
	seen := map[string]int{}
	for rank := range 3 {
		mine := f.frames("--world-size", "3", "--rank", fmt.Sprint(rank), "--drop-last=false", "--epoch", "1")
		if len(mine) != 3 {
			t.Errorf("rank %d of 3 has %d frames, want two batches and the end", rank, len(mine))
		}
		for _, m := range mine {
			for _, key := range m.text.Keys {
				if !m.text.Repeat {
					seen[key]++
				}
			}
		}
	}
	if len(seen) != 10 {
		t.Errorf("three ranks have %d samples of 10, once each: %v", len(seen), seen)
	}
	val := f.frames("--split", "val", "--dtype", "uint8")
	if len(val) != 3 || len(val[0].fields[0]) != 128+3*4*16*16 {
		t.Errorf("%d frames to validate on", len(val))
	}
	for _, bad := range [][]string{{"--split", "test"}, {"--dtype", "int8"}, {"--rank", "1"}, {"--epoch", "-1"}, {"--set", "images=nowhere"}, {"--set", "batch=11"}, {"--world-size", "2", "--set", "shuffle=window"}} {
		if out, err := f.command(bad...).CombinedOutput(); err == nil || err.(*exec.ExitError).ExitCode() == 0 {
			t.Errorf("%v: %v, %s", bad, err, out)
		}
	}
}

// Through a ring come the same batches. The program waits for slots, and ends when
// its reader does.
func TestBatchesRing(t *testing.T) {
	notForRaces(t)
	f := newBatchesFlow(t)
	want := f.frames("--epochs", "2")
	shared, err := os.Create(filepath.Join(t.TempDir(), "ring"))
	if err != nil {
		t.Fatal(err)
	}
	defer shared.Close()
	c := f.command("--epochs", "0", "--ring", "3", "--slots", "2")
	c.ExtraFiles = []*os.File{shared}
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	readFrame(t, out) // the head
	for i, w := range want {
		got, more := readFrame(t, out)
		if !more || got.kind != w.kind {
			t.Fatalf("frame %d: %v", i, got)
		}
		if got.kind != "data" {
			continue
		}
		images := make([]byte, 4*3*4*16*16)
		if _, err := shared.ReadAt(images, int64(got.text.Slot*got.text.SlotBytes)); err != nil {
			t.Fatal(err)
		}
		if string(images) != w.fields[0][128:] || !slices.Equal(got.text.Keys, w.text.Keys) {
			t.Errorf("batch %d of %v, want %v", i, got.text.Keys, w.text.Keys)
		}
		if _, err := in.Write([]byte{byte(got.text.Slot)}); err != nil {
			t.Fatal(err)
		}
	}
	in.Close()
	ended := make(chan error, 1)
	go func() { io.Copy(io.Discard, out); ended <- c.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("without a reader: %v", err)
		}
	case <-time.After(time.Minute):
		c.Process.Kill()
		t.Error("it does not end without a reader")
	}
}
