package main

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"hpaflow/data"
	"hpaflow/data/codec"
	"hpaflow/data/place/placetest"
	"hpaflow/models/network"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"hpaflow": func() {
		// s3:// of a test are folders in a folder of its own.
		if dir := os.Getenv("TEST_BUCKETS"); dir != "" {
			buckets, err := placetest.FromEnvironment(dir, os.Getenv)
			if err != nil {
				panic(err)
			}
			stores = buckets.Register
		}
		if os.Getenv("TEST_NETWORKS") != "" { // one that trains in no time, and whose checkpoints are small
			network.Add(network.ResNet("tiny", 8, [4]int{1, 1, 1, 1}))
		}
		main()
	}, "hpaflow-deadly": deadly})
}

// racedScripts are those that run flows, on all that a run has: streams, dead
// letters, steps, reports, shards. The others are of one goroutine.
var racedScripts = []string{"bad_images", "no_trace", "pipe", "report", "rgby", "shards", "steps"}

// TestScripts runs testdata/script: the command line as people use it. Beside
// testscript's own commands there are
//
//	exits CODE COMMAND...   run a command that ends with exactly this code
//	same FILE FILE          two files hold the same bytes
//	flip FILE OFFSET        flip a bit; a negative offset counts from the end
//
// the condition [root], and the folders $EXAMPLE, six good samples, and cells, some good and some bad.
func TestScripts(t *testing.T) {
	example, err := filepath.Abs("../../configs/example")
	if err != nil {
		t.Fatal(err)
	}
	dir, files := "testdata/script", []string(nil)
	if raced {
		for _, name := range racedScripts {
			files = append(files, filepath.Join(dir, name+".txtar"))
		}
		dir = ""
	}
	testscript.Run(t, testscript.Params{
		Dir:                 dir,
		Files:               files,
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("EXAMPLE", example)
			env.Setenv("CONFIGS", filepath.Dir(example))
			env.Setenv("TEST_BUCKETS", filepath.Join(env.WorkDir, "buckets"))
			return makeCells(example, filepath.Join(env.WorkDir, "cells"))
		},
		Condition: func(name string) (bool, error) {
			if name != "root" {
				return false, fmt.Errorf("unknown condition %q", name)
			}
			return os.Geteuid() == 0, nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits,
			"same":  same,
			"flip":  flip,
			"paint": paint, "published": published,
		},
	})
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var failed *exec.ExitError
		if !errors.As(err, &failed) {
			ts.Fatalf("%v", err)
		}
		got = failed.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func same(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: same FILE FILE")
	}
	if equal := ts.ReadFile(args[0]) == ts.ReadFile(args[1]); equal == neg {
		ts.Fatalf("%s and %s hold the same bytes: %v", args[0], args[1], equal)
	}
}

func flip(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	at, err := strconv.Atoi(args[1])
	ts.Check(err)
	b, err := os.ReadFile(path)
	ts.Check(err)
	if at < 0 {
		at += len(b)
	}
	b[at] ^= 16
	ts.Check(os.WriteFile(path, b, 0o644))
}

// makeCells fills a folder with two good samples and one of every fault, each
// named after it.
func makeCells(example, dir string) error {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	copied := func(id, to, colour string, change func([]byte) []byte) error {
		b, err := os.ReadFile(filepath.Join(example, id+"_"+colour+".png"))
		if err != nil {
			return err
		}
		if change != nil {
			b = change(b)
		}
		return os.WriteFile(filepath.Join(dir, to+"_"+colour+".png"), b, 0o644)
	}
	faults := map[string]func([]byte) []byte{
		"truncated": func(b []byte) []byte { return b[:len(b)/2] },
		"isjpeg":    func([]byte) []byte { return someJPEG() },
		"zerobytes": func([]byte) []byte { return nil },
		"othersize": func([]byte) []byte { return smallPNG() },
	}
	for _, colour := range data.Colours {
		err := errors.Join(
			copied("1_A1_1", "good_1", colour, nil),
			copied("1_B3_2", "zgood_2", colour, nil),
		)
		if err != nil {
			return err
		}
		for id, spoil := range faults {
			if colour != "blue" {
				spoil = nil
			}
			if err := copied("1_C2_1", id, colour, spoil); err != nil {
				return err
			}
		}
		if colour != "yellow" {
			if err := copied("1_A1_2", "noyellow", colour, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

func someJPEG() []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 96, 96)), nil); err != nil {
		panic(fmt.Sprint("a JPEG of nothing: ", err))
	}
	return b.Bytes()
}

func smallPNG() []byte {
	var b bytes.Buffer
	if err := codec.EncodeRGBY(&b, data.NewImage(48, 48, 1, 8)); err != nil {
		panic(fmt.Sprint("a small PNG: ", err))
	}
	return b.Bytes()
}
