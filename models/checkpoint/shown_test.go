package checkpoint_test

import (
	"context"
	"testing"
	"testing/synctest"

	"hpaflow/models/checkpoint"
)

// Whoever waits for an epoch goes on when it is shown, or one after it, or when
// the run ends.
func TestShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var shown checkpoint.Shown
		ctx, end := context.WithCancel(t.Context())
		through := make(chan int, 3)
		for _, epoch := range []int{0, 1, 7} {
			go func() {
				shown.Wait(ctx, epoch)
				through <- epoch
			}()
		}
		expect := func(when string, want ...int) {
			t.Helper()
			synctest.Wait()
			if len(through) != len(want) {
				t.Fatalf("%s, %d are through, want %d", when, len(through), len(want))
			}
			for range want {
				<-through
			}
		}
		expect("before anything is shown")
		shown.Epoch(0)
		expect("after epoch 0", 0)
		shown.Epoch(3)
		expect("after epoch 3", 1)
		end()
		expect("at the end", 7)
		shown.Wait(ctx, 3)
	})
}
