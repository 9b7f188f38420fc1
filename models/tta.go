package models

import (
	"context"
	"fmt"
	"math"

	"hpaflow/data"
	"hpaflow/data/pixel"
)

// views are the symmetries of test-time augmentation, in their order: the
// image, flipped left-right, up-down, both; then the same of its transpose.
var views = [...]pixel.Dihedral{
	pixel.Identity, pixel.FlipLR, pixel.FlipUD, pixel.FlipLR | pixel.FlipUD,
	pixel.Transpose, pixel.Transpose | pixel.FlipLR, pixel.Transpose | pixel.FlipUD, pixel.Transpose | pixel.FlipLR | pixel.FlipUD,
}

// PredictViews shows a network each image of a batch in 1, 4 or 8 views, and
// gives the mean of the probabilities, the sigmoids of the logits: shape
// (N,classes). For 8 views images are square.
func PredictViews(ctx context.Context, p Predictor, b *data.Batch, n int) ([]float64, error) {
	if n != 1 && n != 4 && n != 8 {
		return nil, fmt.Errorf("test-time augmentation by %d views; there are 1, 4 or 8", n)
	}
	if n == 8 && b.H != b.W {
		return nil, fmt.Errorf("the transpose of images of %dx%d pixels has another size; take 4 views", b.W, b.H)
	}
	logits, err := p.Predict(ctx, b, views[:n]...)
	if err != nil {
		return nil, err
	}
	sum := make([]float64, len(logits)/n)
	for i, x := range logits {
		sum[i%len(sum)] += 1 / (1 + math.Exp(-float64(x)))
	}
	for i := range sum {
		sum[i] /= float64(n)
	}
	return sum, nil
}
