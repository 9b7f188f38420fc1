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
// (N,classes). For 8 views images are square. predict is a Predictor's or a
// Device's.
func PredictViews(ctx context.Context, predict func(context.Context, *data.Batch) ([]float32, error), b *data.Batch, n int) ([]float64, error) {
	if n != 1 && n != 4 && n != 8 {
		return nil, fmt.Errorf("test-time augmentation by %d views; there are 1, 4 or 8", n)
	}
	if n == 8 && b.H != b.W {
		return nil, fmt.Errorf("the transpose of images of %dx%d pixels has another size; take 4 views", b.W, b.H)
	}
	var sum []float64
	seen := *b
	for _, v := range views[:n] {
		if v != pixel.Identity {
			if &seen.X[0] == &b.X[0] {
				seen.X = make([]float32, len(b.X))
			}
			for at := 0; at < len(b.X); at += b.H * b.W {
				pixel.ApplyPlane(v, seen.X[at:at+b.H*b.W], b.X[at:at+b.H*b.W], b.W, b.H)
			}
		}
		logits, err := predict(ctx, &seen)
		if err != nil {
			return nil, err
		}
		if sum == nil {
			sum = make([]float64, len(logits))
		}
		for i, x := range logits {
			sum[i] += 1 / (1 + math.Exp(-float64(x)))
		}
	}
	for i := range sum {
		sum[i] /= float64(n)
	}
	return sum, nil
}
