package kernels

import "math"

// Attention is the weighted mean over positions that ends an attention head:
// for logits maps L and score maps S, both (n,C,Plane) and in blocks,
//
//	y = sum over positions of L*softmax(S) + bias,
//
// y (n,C), not in blocks. A bias of the scores would cancel out; that of the
// logits may as well be added at the end, since the weights' sum is 1.
type Attention struct{ C, Plane int }

// Forward computes y. bias may be nil.
func (a Attention) Forward(ws *Workspace, n int, y, logits, scores, bias []float32) {
	ws.each(n*a.C, func(s *scratch, i int) {
		weights := a.softmax(s, scores, i)
		var sum float64
		from := a.first(i)
		for p, w := range weights {
			sum += float64(w * logits[from+p*Lanes])
		}
		y[i] = float32(sum)
		if bias != nil {
			y[i] = float32(sum + float64(bias[i%a.C]))
		}
	})
}

// BackwardLogits computes the logits' gradient dl from dy (n,C).
func (a Attention) BackwardLogits(ws *Workspace, n int, dl, dy, scores []float32) {
	a.each(ws, n, dl, func(s *scratch, i, from int) {
		for p, w := range a.softmax(s, scores, i) {
			dl[from+p*Lanes] = dy[i] * w
		}
	})
}

// BackwardScores computes the scores' gradient ds from dy (n,C).
func (a Attention) BackwardScores(ws *Workspace, n int, ds, dy, logits, scores []float32) {
	a.each(ws, n, ds, func(s *scratch, i, from int) {
		weights := a.softmax(s, scores, i)
		var mean float64
		for p, w := range weights {
			mean += float64(w * logits[from+p*Lanes])
		}
		for p, w := range weights {
			ds[from+p*Lanes] = dy[i] * w * (logits[from+p*Lanes] - float32(mean))
		}
	})
}

// each calls f for each channel of each image with the place of its first
// position, and clears the lanes beyond the channels.
func (a Attention) each(ws *Workspace, n int, out []float32, f func(s *scratch, i, from int)) {
	padded := Blocks(a.C) * Lanes
	ws.each(n*padded, func(s *scratch, i int) {
		image, c := i/padded, i%padded
		if c < a.C {
			f(s, image*a.C+c, a.first(image*a.C+c))
			return
		}
		from := (image*padded+c/Lanes*Lanes)*a.Plane + c%Lanes
		for p := range a.Plane {
			out[from+p*Lanes] = 0
		}
	})
}

// first is where the map of channel i%C of image i/C begins.
func (a Attention) first(i int) int {
	image, c := i/a.C, i%a.C
	return (image*Blocks(a.C)+c/Lanes)*a.Plane*Lanes + c%Lanes
}

// softmax is that of a channel's scores, in scratch memory.
func (a Attention) softmax(s *scratch, scores []float32, i int) []float32 {
	w := s.get(slotX, a.Plane)
	from := a.first(i)
	largest := float32(math.Inf(-1))
	for p := range w {
		largest = max(largest, scores[from+p*Lanes])
	}
	var sum float64
	for p := range w {
		e := math.Exp(float64(scores[from+p*Lanes] - largest))
		w[p] = float32(e)
		sum += e
	}
	for p := range w {
		w[p] = float32(float64(w[p]) / sum)
	}
	return w
}
