package embed

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
)

// EncodeAttention draws the attention of an embedding as a PNG: the heads beside
// each other, each brought to the image's size, bilinear with corners not
// aligned, and stretched from black to white.
func EncodeAttention(e *Embedding) ([]byte, error) {
	out := image.NewNRGBA(image.Rect(0, 0, e.Heads*e.Side, e.Side))
	plane := make([]float64, e.Side*e.Side)
	for head := range e.Heads {
		low, high := math.Inf(1), math.Inf(-1)
		grid := e.Attention[head*e.H*e.W:][:e.H*e.W]
		for y := range e.Side {
			top, bottom, down := between(y, e.Side, e.H)
			for x := range e.Side {
				left, right, across := between(x, e.Side, e.W)
				upper := mix(grid[top*e.W+left], grid[top*e.W+right], across)
				lower := mix(grid[bottom*e.W+left], grid[bottom*e.W+right], across)
				v := upper + (lower-upper)*down
				low, high = min(low, v), max(high, v)
				plane[y*e.Side+x] = v
			}
		}
		for i, v := range plane {
			grey := uint8((v - low) / max(high-low, 1e-5) * 255)
			out.SetNRGBA(head*e.Side+i%e.Side, i/e.Side, color.NRGBA{grey, grey, grey, 255})
		}
	}
	var b bytes.Buffer
	err := png.Encode(&b, out)
	return b.Bytes(), err
}

func mix(a, b float32, share float64) float64 { return float64(a) + (float64(b)-float64(a))*share }

// between are the places of size that place i of others lies between, and how
// far it is towards the second.
func between(i, others, size int) (first, second int, share float64) {
	at := max(0, (float64(i)+.5)*float64(size)/float64(others)-.5)
	first = min(int(at), size-1)
	return first, min(first+1, size-1), at - float64(first)
}
