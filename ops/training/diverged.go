package training

import (
	"fmt"
	"math"
	"slices"

	"hpaflow/models"
	"hpaflow/models/checkpoint"
)

// diverged is the error of a run whose numbers are none any more: where it
// stands, in an epoch and with its rate, and from which checkpoint it can be
// begun again.
func (t *trainer) diverged(what string, epoch int, lr float64) error {
	hint := "no checkpoint is saved: begin again with a smaller lr"
	if path := lastSaved(t.receipts); path != "" {
		hint = fmt.Sprintf("the last good checkpoint is %s: begin from it with init, another out and a smaller lr", path)
	}
	return fmt.Errorf("%w: %s, in epoch %d at step %d, learning rate %g; %s", models.ErrDiverged, what, epoch, t.steps, lr, hint)
}

// mostReceipts is more than there can be checkpoints on their way to be saved.
const mostReceipts = 16

// lastSaved is where the last of the checkpoints is that has been saved.
func lastSaved(receipts []*checkpoint.Receipt) string {
	for _, r := range slices.Backward(receipts) {
		if path := r.Path(); path != "" {
			return path
		}
	}
	return ""
}

// notFinite names a tensor of a state that holds what is no finite number.
func notFinite(s models.State) string {
	for _, list := range [][]models.Tensor{s.Weights, s.Optimizer} {
		for _, tensor := range list {
			if !tensor.Finite() {
				return tensor.Name
			}
		}
	}
	return ""
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
