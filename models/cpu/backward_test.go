package cpu

import (
	"testing"

	"hpaflow/models"
)

// What is computed again is what was computed: training takes the same steps to the
// bit, in less memory.
func TestRedoneConvolutionsGiveSameBits(t *testing.T) {
	notForRaces(t)
	defer func(from int) { redoFrom = from }(redoFrom)
	for _, name := range []string{"se_resnext50", "densenet121"} {
		run := func(from int) (models.State, int64) {
			redoFrom = from
			d := smallDevice(t, models.Options{Model: name})
			train(t, d, 1e-3, 1, 2)
			return state(d), d.ActivationBytes()
		}
		want, kept := run(1 << 40)
		got, redone := run(0)
		sameState(t, got, want)
		if redone >= kept {
			t.Errorf("%s: results take %d bytes where some are computed again, %d where all are kept", name, redone, kept)
		}
	}
}
