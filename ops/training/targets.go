package training

import "hpaflow/data"

// smoothed is a batch whose targets y are y*(1-s) + s/2: label smoothing of
// targets that are each yes or no, as timm's Mixup and PyTorch's users of
// BCEWithLogitsLoss have it. The batch itself keeps its targets, by which
// training is scored.
func smoothed(b *data.Batch, s float64) *data.Batch {
	if s == 0 {
		return b
	}
	to := *b
	to.Y = make([]float32, len(b.Y))
	for i, y := range b.Y {
		to.Y[i] = float32(float64(y)*(1-s) + s/2)
	}
	return &to
}
