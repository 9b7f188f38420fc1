package main

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/jpeg"
	"maps"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hpaflow/data"
	"hpaflow/data/atomicfile/foldertest"
	"hpaflow/data/cells/cellstest"
	"hpaflow/data/codec"
	"hpaflow/models/subcell/subcelltest"
)

var kills = flag.Int("kills", 3, "how many times TestKills kills each flow")

// killed is a flow that is to be killed while it fills a folder.
type killed struct {
	name    string
	shares  string           // what it shares a folder for with others; of TestPairs
	prepare func(out string) // puts there what the flow finds there; may be nil
	args    func(out string) []string

	unpaired bool // its outputs are another's, and TestPairs passes it over
}

// TestKills kills each flow at random moments of its work, over and over on the
// same output, and compares what is there in the end with what undisturbed runs
// leave: the same files with the same bytes, no debris, and what was there before
// as it was. What two undisturbed runs differ in, as the times in a page do, is
// compared by name.
//
//	go test ./cmd/hpaflow -run TestKills -kills 200
func TestKills(t *testing.T) {
	if raced {
		t.Skip("nothing that is killed tells of races")
	}
	hpaflow := program(t)
	flows, _ := killedFlows(t, hpaflow)
	for _, c := range flows {
		t.Run(c.name, func(t *testing.T) {
			fresh := func() string {
				out := t.TempDir()
				foldertest.Fill(t, out, map[string]string{"notes.txt": "mine"})
				if c.prepare != nil {
					c.prepare(out)
				}
				return out
			}
			var whole [2]map[string]string
			takes := time.Hour
			for i := range whole {
				out, begun := fresh(), time.Now()
				if text, err := exec.Command(hpaflow, c.args(out)...).CombinedOutput(); err != nil {
					t.Fatalf("%v\n%s", err, text)
				}
				whole[i], takes = foldertest.Read(t, out), min(takes, time.Since(begun))
			}
			if !slices.Equal(slices.Sorted(maps.Keys(whole[0])), slices.Sorted(maps.Keys(whole[1]))) {
				t.Fatalf("two undisturbed runs leave %v and %v", slices.Sorted(maps.Keys(whole[0])), slices.Sorted(maps.Keys(whole[1])))
			}
			compare := func(out string, times int) {
				t.Helper()
				got := foldertest.Read(t, out)
				for name, want := range whole[0] {
					if text, there := got[name]; !there || text != want && whole[1][name] == want {
						t.Errorf("after %d kills %s is missing, or other than after an undisturbed run", times, name)
					}
					delete(got, name)
				}
				if len(got) > 0 {
					t.Errorf("after %d kills %v are left", times, slices.Sorted(maps.Keys(got)))
				}
			}
			out, through, inWork := fresh(), 0, 0
			for n := 0; n < *kills && !t.Failed(); {
				begins := len(foldertest.Read(t, out))
				var stderr bytes.Buffer
				cmd := exec.Command(hpaflow, c.args(out)...)
				cmd.Stderr = &stderr
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				timer := time.AfterFunc(time.Duration(rand.Int64N(int64(takes))), func() { cmd.Process.Kill() })
				err := cmd.Wait()
				timer.Stop()
				switch {
				case err == nil: // it was through before
					compare(out, n)
					out, through = fresh(), through+1
					continue
				case cmd.ProcessState.Exited():
					t.Fatalf("after %d kills: %v\n%s", n, err, stderr.Bytes())
				}
				if n++; len(foldertest.Read(t, out)) > begins {
					inWork++
				}
			}
			if text, err := exec.Command(hpaflow, c.args(out)...).CombinedOutput(); err != nil {
				t.Fatalf("after %d kills: %v\n%s", *kills, err, text)
			}
			compare(out, *kills)
			t.Logf("killed %d times, of which %d left more than there was; %d outputs were made whole on the way", *kills, inWork, through)
		})
	}
}

// jobs is what flows that write work on.
type jobs struct {
	data     string   // a data folder of tables and raw images
	trained  string   // a training run's folder
	training []string // the arguments of flows that train or predict
}

// killedFlows are those that write, on inputs that take them a while.
func killedFlows(t *testing.T, hpaflow string) ([]killed, jobs) {
	t.Helper()
	run := func(args ...string) {
		t.Helper()
		if text, err := exec.Command(hpaflow, append([]string{"run", "--progress", "none"}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
	}
	input, home := manySamples(t, 120), t.TempDir()
	run("../../configs/cells.flow", "--set", "data="+home, "--set", "train=60", "--set", "external=10", "--set", "test=10", "--set", "size=48")
	images, split := cellstest.TrainingSet(t, 12, 4)
	t.Setenv("TEST_NETWORKS", "1")
	training := []string{"--set", "model=tiny", "--set", "images=" + images, "--set", "table=" + split, "--set", "size=32", "--set", "batch=4"}
	run(append([]string{"../../configs/train.flow", "--set", "epochs=1", "--set", "out=" + filepath.Join(home, "run")}, training...)...)
	predict := append([]string{"--set", "weights=" + filepath.Join(home, "run"), "--set", "split=val", "--set", "views=1"}, training...)

	var picture bytes.Buffer
	if err := jpeg.Encode(&picture, image.NewGray(image.Rect(0, 0, 40, 40)), nil); err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(&plates{body: picture.Bytes(), asked: map[string]int{}})
	t.Cleanup(web.Close)
	list := foldertest.Put(t, "list.csv", "Id,Target\n7_A_1,1\n7_A_2,2\n7_A_3,3\n7_A_4,4\n7_A_5,5\n7_A_6,6\n")

	model := subcelltest.Write(t, subcelltest.Config(4, "a.safetensors", "b.safetensors"), strings.NewReplacer())

	masks, packed := manyMasks(t, 120), t.TempDir()
	run("../../configs/rgby-shards.flow", "--set", "input="+input, "--set", "output="+packed)

	flow := func(name string, args ...string) []string {
		return append([]string{"run", "--progress", "none", "../../configs/" + name}, args...)
	}
	all := []killed{
		{name: "rgby", args: func(out string) []string {
			return flow("rgby.flow", "--set", "input="+input, "--set", "output="+out)
		}},
		{name: "rgby-shards", args: func(out string) []string {
			return flow("rgby-shards.flow", "--set", "input="+input, "--set", "output="+out, "--set", "samples=16")
		}},
		{name: "shards export", unpaired: true, args: func(out string) []string {
			return []string{"shards", "export", packed, "--parquet", filepath.Join(out, "export"), "--samples", "9", "--progress", "none"}
		}},
		{name: "crops", unpaired: true, args: func(out string) []string {
			return flow("crops.flow", "--set", "input="+input, "--set", "masks="+masks, "--set", "output="+filepath.Join(out, "crops"), "--set", "size=32", "--set", "format=shards", "--set", "background=keep",
				"--set", "cells="+filepath.Join(out, "cells.csv"))
		}},
		{name: "train", args: func(out string) []string {
			return append(flow("train.flow", "--set", "out="+out, "--set", "epochs=2", "--set", "save_every=1ns", "--set", "keep=1"), training...)
		}},
		{name: "infer", args: func(out string) []string {
			return append(flow("infer.flow", "--set", "out="+filepath.Join(out, "p.csv.zst")), predict...)
		}},
		{name: "infer to shards", args: func(out string) []string {
			return append(flow("infer.flow", "--set", "out="+filepath.Join(out, "p.shards")), predict...)
		}},
		{name: "embed", args: func(out string) []string {
			return flow("embed.flow", "--set", "weights="+model, "--set", "input="+input, "--set", "size=32", "--set", "out="+filepath.Join(out, "cells.parquet"))
		}},
		{name: "embed to arrays", args: func(out string) []string {
			return flow("embed.flow", "--set", "weights="+model, "--set", "input="+input, "--set", "size=32", "--set", "out="+filepath.Join(out, "cells.npy"),
				"--set", "attention="+filepath.Join(out, "attention"))
		}},
		{name: "duplicates", prepare: func(out string) { linkFiles(t, home, out) }, args: func(out string) []string {
			return flow("duplicates.flow", "--set", "data="+out)
		}},
		{name: "download", args: func(out string) []string {
			return flow("download.flow", "--set", "table="+list, "--set", "output="+out+"/raw", "--set", "rgby="+out+"/rgby",
				"--set", "external="+out+"/external.csv", "--set", "dead_letters="+out+"/failed.jsonl", "--set", "base_url="+web.URL,
				"--set", "size=24", "--set", "workers=2")
		}},
		{name: "hpa-images", args: func(out string) []string {
			return flow("hpa-images.flow", "--set", "table="+list, "--set", "raw="+out+"/raw", "--set", "rgby="+out+"/rgby",
				"--set", "images="+out+"/images.csv", "--set", "dead_letters="+out+"/failed.jsonl", "--set", "base_url="+web.URL, "--set", "formats=jpg",
				"--set", "workers=2")
		}},
	}
	return all, jobs{home, filepath.Join(home, "run"), training}
}

// manyMasks makes masks of manySamples, of as many cells as come of their number.
func manyMasks(t *testing.T, n int) string {
	t.Helper()
	dir := t.TempDir()
	for i := range n {
		im := data.NewImage(96, 96, 1, 8)
		for label := range 1 + i%5 {
			for y := range 20 + i%12 {
				copy(im.Planes[0].U8[y*96+18*label:], bytes.Repeat([]byte{uint8(label + 1)}, 9+i%9))
			}
		}
		b, err := codec.AppendRGBY(nil, im)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, fmt.Sprintf("9_%04d_cp_masks.png", i)), b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// linkFiles fills a folder with links to the tables and raw images of another.
func linkFiles(t *testing.T, from, to string) {
	t.Helper()
	for _, pattern := range []string{"*.csv", "raw/*/*.png"} {
		paths, err := filepath.Glob(filepath.Join(from, pattern))
		if err != nil || len(paths) == 0 {
			t.Fatalf("%s: %d files, %v", pattern, len(paths), err)
		}
		for _, path := range paths {
			name, err := filepath.Rel(from, path)
			if err == nil {
				err = os.MkdirAll(filepath.Dir(filepath.Join(to, name)), 0o755)
			}
			if err == nil {
				err = os.Link(path, filepath.Join(to, name))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}
