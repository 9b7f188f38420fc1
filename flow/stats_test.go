package flow

import (
	"testing"
	"time"
)

func TestDone(t *testing.T) {
	source := func(out, complete, total int64) StageStats {
		return StageStats{Name: "source", Kind: KindSource, Out: out, Complete: complete, Total: total}
	}
	stage := func(name string, in, out int64, reads ...string) StageStats {
		return StageStats{Name: name, Kind: KindOp, In: in, Out: out, Reads: reads}
	}
	for _, c := range []struct {
		name       string
		stages     []StageStats
		out, total int64
	}{
		{"in the queues is not out", []StageStats{source(80, 0, 200), stage("decode", 60, 60, "source"), stage("sink", 40, 40, "decode")}, 40, 200},
		{"earlier runs' are out", []StageStats{source(50, 100, 200), stage("sink", 25, 25, "source")}, 125, 200},
		{"a batch is its records", []StageStats{source(64, 0, 640), stage("batch", 64, 4, "source"), stage("train", 2, 1, "batch"), stage("sink", 1, 1, "train")}, 32, 640},
		{"the slowest branch counts", []StageStats{source(100, 0, 100), stage("left", 90, 90, "source"), stage("right", 10, 10, "source")}, 10, 100},
		{"behind what gathers nothing is known", []StageStats{source(100, 0, 400), stage("sort", 80, 0, "source"), stage("sink", 0, 0, "sort")}, 80, 400},
		{"dropped and failed ones are out", []StageStats{source(10, 0, 20), {Name: "map", In: 10, Out: 5, Skipped: 3, Errors: 2, Reads: []string{"source"}}, stage("sink", 5, 5, "map")}, 10, 20},
		{"no source knows", []StageStats{source(10, 0, 0), stage("sink", 5, 5, "source")}, 0, 0},
	} {
		if out, total := (Stats{Stages: c.stages}).Done(); out != c.out || total != c.total {
			t.Errorf("%s: %d of %d, want %d of %d", c.name, out, total, c.out, c.total)
		}
	}
}

// What is counted is of the while between two samples of one run; samples of two
// runs have no such while.
func TestSince(t *testing.T) {
	before := Stats{Flow: "f", Wall: 10 * time.Second, CPU: 12 * time.Second, DeadLetters: 1, Memory: 5, Stages: []StageStats{
		{Name: "a", Out: 100, Bytes: 1000, Busy: 9 * time.Second, Queued: 3, Device: &Device{Busy: time.Second, Memory: 7}},
	}}
	now := Stats{Flow: "f", Wall: 14 * time.Second, CPU: 18 * time.Second, DeadLetters: 3, Memory: 2, Stages: []StageStats{
		{Name: "a", Out: 160, Bytes: 1900, Busy: 12 * time.Second, Queued: 8, Device: &Device{Busy: 3 * time.Second, Memory: 9}},
	}}
	d := now.Since(before)
	a := d.Stages[0]
	if d.Wall != 4*time.Second || d.CPU != 6*time.Second || d.DeadLetters != 2 || d.Memory != 2 ||
		a.Out != 60 || a.Bytes != 900 || a.Busy != 3*time.Second || a.Queued != 8 || a.Device.Busy != 2*time.Second || a.Device.Memory != 9 {
		t.Errorf("%+v, %+v, %+v", d, a, *a.Device)
	}
	if now.Stages[0].Out != 160 || now.Stages[0].Device.Busy != 3*time.Second {
		t.Error("the sample itself has changed")
	}
	for _, other := range []Stats{{Flow: "g", Stages: before.Stages}, {Flow: "f"}, {Flow: "f", Wall: time.Hour, Stages: before.Stages}} {
		if d := now.Since(other); d.Wall != now.Wall || d.Stages[0].Out != 160 {
			t.Errorf("since a sample of another run: %+v", d)
		}
	}
}
