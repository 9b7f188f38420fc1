package bench

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"hpaflow/data"
	"hpaflow/flow"
	"hpaflow/flow/component"
)

// feed gives a pretended device batches of 3 images that take a while each, in
// epochs of 5.
func feed(t *testing.T, d *Pretended, each time.Duration, epochs int, validate bool) Fed {
	t.Helper()
	g := flow.New(flow.Options{})
	source := func(name string) flow.Out[*data.Batch] {
		return flow.Source(g, flow.Stage{Name: name}, func(ctx context.Context, out *flow.Emitter[*data.Batch]) error {
			for range epochs {
				for range 5 {
					if err := sleepUntil(ctx, time.Now().Add(each)); err != nil {
						return err
					}
					if err := out.Emit("batch", &data.Batch{N: 3}); err != nil {
						return err
					}
				}
				if err := out.EndEpoch(); err != nil {
					return err
				}
			}
			return nil
		})
	}
	inputs := map[string]component.Output{"in": source("train")}
	if validate {
		inputs["validate"] = source("val")
	}
	if err := d.Attach(g, inputs); err != nil {
		t.Fatal(err)
	}
	fed, err := d.Fed(g.Run(context.Background()))
	if err != nil {
		t.Fatal(err)
	}
	return fed
}

// TestPretended: a device whose batches come in time is always busy, across
// epochs and validation; one that waits for them is busy as much as it works.
// Time is virtual, so that the shares are exact.
func TestPretended(t *testing.T) { synctest.Test(t, pretended) }

func pretended(t *testing.T) {
	for _, validate := range []bool{false, true} {
		fed := feed(t, &Pretended{StepTime: 30 * time.Millisecond, Measure: time.Hour}, 0, 4, validate)
		batches := 20
		if validate {
			batches = 40
		}
		if fed.Batches != batches-1 || fed.Images != 3*fed.Batches { // the last one's end is not waited for
			t.Errorf("%+v of %d batches", fed, batches)
		}
		if fed.Busy != fed.Wall {
			t.Errorf("busy %s of %s with all batches at hand", fed.Busy, fed.Wall)
		}
	}
	ample := &Pretended{StepTime: 100 * time.Millisecond, Warmup: 300 * time.Millisecond, Measure: time.Second}
	fed := feed(t, ample, 80*time.Millisecond, 1<<20, false)
	if fed.Busy != fed.Wall || fed.Wall != time.Second {
		t.Errorf("busy %s of %s, though it takes 1.25 times as long as a batch takes to come", fed.Busy, fed.Wall)
	}
	slow := feed(t, &Pretended{StepTime: 10 * time.Millisecond, Measure: time.Hour}, 20*time.Millisecond, 4, false)
	if 2*slow.Busy != slow.Wall {
		t.Errorf("busy %s of %s, though a batch takes twice as long to come", slow.Busy, slow.Wall)
	}
	long := &Pretended{StepTime: time.Millisecond, Warmup: 20 * time.Millisecond, Measure: 50 * time.Millisecond}
	if fed := feed(t, long, time.Millisecond, 1<<20, false); fed.Wall != 50*time.Millisecond {
		t.Errorf("measured %s of a stream that does not end", fed.Wall)
	}
}
