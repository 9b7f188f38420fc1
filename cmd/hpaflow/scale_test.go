package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"hpaflow/data"
	"hpaflow/data/shards"
	"hpaflow/flow"
	"hpaflow/flow/cluster"
	"hpaflow/flow/component"
	"hpaflow/flow/lang"
	"hpaflow/flow/machine"
	"hpaflow/flow/units"
	"hpaflow/ops/edges"
	"hpaflow/sinks"
)

var scaleRecords = flag.Int("scale-records", 20_000, "records of the test of large plans, a thousand a unit")

// syntheticSpec yields frames of one pixel under made-up keys.
func syntheticSpec(records int) *component.Spec {
	return &component.Spec{
		Kind: flow.KindSource, Name: "synthetic", Doc: "Frames of one pixel.", Out: edges.Frame,
		Build: func(n *component.Node) (component.Output, error) {
			first, taken := int64(0), []string(nil)
			n.Graph.OnCut(n.Name, &flow.Cut{
				Names: func(context.Context) ([]string, error) {
					names := make([]string, records)
					for i := range names {
						names[i] = fmt.Sprintf("plate-%04d_%08d", i/384, i)
					}
					return names, nil
				},
				Take: func(at int64, names []string) { first, taken = at, names },
			})
			return flow.Source(n.Graph, n.Stage(), func(_ context.Context, out *flow.Emitter[shards.Frame]) error {
				out.At(first)
				for _, name := range taken {
					f, err := shards.EncodeSample(&data.Sample{ID: name, Image: data.NewImage(1, 1, 1, 8)}, shards.Huffman)
					if err == nil {
						err = out.Emit(name, f)
					}
					if err != nil {
						return err
					}
				}
				return nil
			}), nil
		},
	}
}

// A large plan is made, listed and finished within bounds of time and memory. The
// test's own flags say how large.
func TestLargePlan(t *testing.T) {
	notForRaces(t)
	reg := &component.Registry{}
	reg.Register(syntheticSpec(*scaleRecords))
	sinks.Register(reg, io.Discard)
	dir := t.TempDir()
	out := filepath.Join(dir, "out")
	text := fmt.Sprintf("run {\n  unit = 1000\n}\n\nsource \"synthetic\" \"cells\" {\n}\n\nsink \"shards\" \"shards\" {\n  in = source.cells\n  dir = %q\n}\n", out)
	file := filepath.Join(dir, "synthetic.flow")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	open := func() *units.Flow {
		plan, faults := lang.Load(file, nil, reg)
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		f, err := unitsOf(plan, plan.Options())
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	timed := func(what string, do func() error) time.Duration {
		t.Helper()
		forgetPeak()
		start, cpu := time.Now(), machine.ProcessTime()
		if err := do(); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		took := time.Since(start)
		t.Logf("%s: %s, %s of processor time, %d MB at most", what, took.Round(time.Millisecond), (machine.ProcessTime() - cpu).Round(time.Millisecond), peakMemory()>>20)
		return took
	}
	timed("plan", func() error { return open().Open(t.Context(), true) })
	f := open()
	if err := f.Open(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	handOut(t, f.Units(), timed)
	watch := func(*flow.Graph) func(flow.Stats, error) { return func(flow.Stats, error) {} }
	timed("units", func() error {
		for unit := range f.Units() {
			if _, err := f.Run(t.Context(), unit, watch); err != nil {
				return err
			}
		}
		return nil
	})
	f = nil
	var done *units.Finished
	timed("finish, with the index", func() (err error) {
		f := open()
		if err := f.Open(t.Context(), false); err != nil {
			return err
		}
		done, err = f.Finish(t.Context())
		return err
	})
	if want := (*scaleRecords + 999) / 1000; done.Units != want || done.Records != *scaleRecords || len(done.Letters) > 0 {
		t.Errorf("%d units of %d records, %d letters", done.Units, done.Records, len(done.Letters))
	}
	timed("opening the shards", func() error {
		r, err := shards.Open(out, shards.Planes)
		if err != nil {
			return err
		}
		defer r.Close()
		if n := len(r.Entries()); n != *scaleRecords {
			t.Errorf("the index has %d samples, want %d", n, *scaleRecords)
		}
		return nil
	})
}

// handOut queues units at a broker, and hands all of them out to workers that do
// nothing with them.
func handOut(t *testing.T, units int, timed func(what string, do func() error) time.Duration) {
	dir := filepath.Join(t.TempDir(), "broker")
	b, err := cluster.Serve(cluster.BrokerOptions{Dir: dir, Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	address, err := cluster.Resolve("@"+dir, "", "")
	if err != nil {
		t.Fatal(err)
	}
	const workers = 8
	var clients []*cluster.Client
	for range workers {
		c, err := cluster.Connect(t.Context(), address, "scale", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		clients = append(clients, c)
	}
	job := &cluster.Job{Format: cluster.Format, Run: "scale", Dir: dir, Lease: time.Minute}
	list := make([]int, units)
	for unit := range list {
		list[unit] = unit
	}
	timed("queue", func() error {
		if err := clients[0].Submit(t.Context(), job); err != nil {
			return err
		}
		_, err := clients[0].Queue(t.Context(), job.ID(), list)
		return err
	})
	timed("looking at the queue", func() error {
		queued, err := clients[0].Queued(t.Context(), job.ID())
		if len(queued) != units {
			t.Errorf("%d units are queued, want %d", len(queued), units)
		}
		return err
	})
	took := timed("handing out", func() error {
		var all errgroup.Group
		for _, c := range clients {
			all.Go(func() error {
				for {
					lease, err := c.Take(t.Context(), job.ID(), 0)
					if err != nil || lease == nil {
						return err
					}
					stop := lease.Keep(func() int64 { return 0 })
					err = lease.Done(t.Context())
					stop()
					if err != nil {
						return err
					}
				}
			})
		}
		return all.Wait()
	})
	left, err := clients[0].Queued(t.Context(), job.ID())
	if err != nil || len(left) > 0 {
		t.Errorf("left in the queue: %v, %v", left, err)
	}
	t.Logf("the broker handed out and took back %.0f units a second", float64(units)/took.Seconds())
}

// forgetPeak and peakMemory tell the most memory that this process has had since,
// where the system can.
func forgetPeak() { _ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) }

func peakMemory() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(status, []byte("VmHWM:"))
	line, _, _ := bytes.Cut(rest, []byte("kB"))
	kilobytes, _ := strconv.ParseInt(string(bytes.TrimSpace(line)), 10, 64)
	return kilobytes << 10
}
