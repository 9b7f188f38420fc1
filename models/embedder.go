package models

import (
	"context"

	"hpaflow/data"
	"hpaflow/data/embed"
)

// Embedder is a network that gives embeddings of images. Several goroutines may
// call Embed.
type Embedder interface {
	// Embed gives the embeddings of images of one size, in their order; Ids are
	// the caller's to fill in. Planes are in the network's order, of raw values, 8
	// or 16 bits, which StretchToUnit makes what the network sees. What comes of
	// an image does not depend on the others.
	Embed(ctx context.Context, images []*data.Image) ([]*embed.Embedding, error)

	Close() error
}

// StretchToUnit gives an image's pixels, shape (planes,H,W), as
// (x-min)/(max-min+1e-6), with the least and the largest value of all planes
// together. An image of one value is zeros.
func StretchToUnit(to []float32, im *data.Image) {
	if im.Depth() == 8 {
		stretch(to, im, func(p data.Plane) []uint8 { return p.U8 })
	} else {
		stretch(to, im, func(p data.Plane) []uint16 { return p.U16 })
	}
}

func stretch[T uint8 | uint16](to []float32, im *data.Image, pixels func(data.Plane) []T) {
	low, high := pixels(im.Planes[0])[0], pixels(im.Planes[0])[0]
	for _, p := range im.Planes {
		for _, v := range pixels(p) {
			low, high = min(low, v), max(high, v)
		}
	}
	span := float32(high-low) + 1e-6
	for _, p := range im.Planes {
		values := pixels(p)
		for i, v := range values {
			to[i] = float32(v-low) / span
		}
		to = to[len(values):]
	}
}
