package flow

import (
	"testing"
	"time"
)

// The verdict on runs of four seconds on four cores: gains are those of the
// wall clock, and no larger than the cores and the other stages allow.
func TestVerdict(t *testing.T) {
	stage := func(name string, workers int, parallel bool, busy time.Duration, waits time.Duration) StageStats {
		return StageStats{Name: name, Kind: KindOp, Workers: workers, Parallel: parallel, Busy: busy, Starved: waits}
	}
	on := func(d *Device, st StageStats) StageStats {
		st.Device = d
		return st
	}
	const s = time.Second
	for _, c := range []struct {
		name   string
		stages []StageStats
		cpu    time.Duration
		want   string
	}{
		{"more workers, until another stage limits", []StageStats{stage("decode", 1, true, 4*s, 0), stage("write", 1, false, 2*s, 2*s)}, 6 * s,
			"decode 100% busy: 1 more worker would give +100%; then write limits"},
		{"more workers, until the cores limit", []StageStats{stage("decode", 2, true, 8*s, 0), stage("write", 1, false, s, 3*s)}, 10 * s,
			"decode: 2 workers 100% busy: 2 more workers would give +60%; then the processor limits"},
		{"all cores busy", []StageStats{stage("decode", 4, true, 15*s, s), stage("write", 1, false, s, 3*s)}, 16 * s,
			"decode: 4 workers 94% busy: all 4 cores are busy, 94% of the work is here; more cores or a cheaper decode would help"},
		{"a serial stage saves what it takes, and no more", []StageStats{stage("train", 1, false, 3*s, s), stage("decode", 2, true, 2*s, 6*s)}, 5 * s,
			"train 75% busy: it works on one record at a time; a faster one would give up to +300%, then decode limits"},
		// Stages that lived for a moment of the run, most of which was spent elsewhere:
		{"a short life", []StageStats{stage("cells", 1, false, 400*time.Millisecond, 0), stage("write", 1, false, 10*time.Millisecond, s)}, s,
			"cells 100% busy: it works on one record at a time; a faster one would give up to +11%, then the rest of the run limits"},
		{"a moment", []StageStats{stage("cells", 1, false, 100*time.Millisecond, 0)}, s,
			"cells 100% busy: the stages are in balance; the rest of the run would have to be faster too"},
		{"in balance", []StageStats{stage("read", 1, false, 39*s/10, s/10), stage("write", 1, false, 39*s/10, s/10)}, 6 * s,
			"read 98% busy: the stages are in balance; write would have to be faster too"},
		// A device of its own clock, under a stage that waits for it:
		{"a device limits", []StageStats{on(&Device{Name: "H100", Busy: 98, Waiting: 2}, stage("train", 1, false, 39*s/10, s/10)), stage("decode", 2, true, 2*s, 6*s)}, 5 * s,
			"train: H100 98.0% busy: a faster device, more of them, or a lower precision would help"},
		{"a device waits", []StageStats{on(&Device{Name: "H100", Busy: 6, Waiting: 4}, stage("train", 1, false, 24*s/10, 16*s/10)), stage("decode", 1, true, 4*s, 0)}, 6 * s,
			"decode 100% busy: 1 more worker would give +67%; then train limits; H100 60.0% busy"},
		{"a stage that no record has passed", []StageStats{{Name: "list", Kind: KindSource, Workers: 1, Busy: 2 * s, Complete: 80, Ended: true}, stage("write", 1, false, s, 3*s)}, s,
			"write 25% busy: it works on one record at a time; a faster one would give up to +33%, then the rest of the run limits"},
		{"a server that gives nothing", []StageStats{
			{Name: "download", Kind: KindSource, Workers: 1, Busy: s / 100, Starved: 39 * s / 10, Errors: 80, Ended: true},
			{Name: "failed", Kind: KindSink, Workers: 1, Busy: s / 100, Starved: 39 * s / 10, In: 80, Letters: true, Ended: true},
		}, s / 10, "download waits 100% of the time for what is outside, such as a server or a store; asking it for more at once, or a faster one, would help"},
	} {
		stats := Stats{Wall: 4 * s, CPU: c.cpu, Cores: 4, Stages: c.stages}
		if b, ok := stats.Bottleneck(); !ok || b.Advice != c.want {
			t.Errorf("%s: %q, want %q", c.name, b.Advice, c.want)
		}
		stats.Wall = verdictAfter - 1
		if b, ok := stats.Bottleneck(); ok {
			t.Errorf("%s: a run too short to tell has the verdict %q", c.name, b.Advice)
		}
	}
}
