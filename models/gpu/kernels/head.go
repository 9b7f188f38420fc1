//go:build gpu

package kernels

import "hpaflow/models/gpu/cuda"

// Linear is y = x*w^T + bias for N rows: x (N,In), w (Out,In), y (N,Out), all
// float32 and packed.
type Linear struct{ N, In, Out int }

// LinearForward computes y.
func (k *Set) LinearForward(s cuda.Stream, l Linear, y, x, w, bias cuda.Ptr) error {
	panic("kernels: to be written")
}

// LinearBackwardData computes dx from dy.
func (k *Set) LinearBackwardData(s cuda.Stream, l Linear, dx, dy, w cuda.Ptr) error {
	panic("kernels: to be written")
}

// LinearBackwardWeights computes dw and dbias from dy and x.
func (k *Set) LinearBackwardWeights(s cuda.Stream, l Linear, dw, dbias, dy, x cuda.Ptr) error {
	panic("kernels: to be written")
}

// AttentionBytes is the memory that an attention head keeps for its backward
// pass: the largest score, the sum and the weighted mean of each map.
func AttentionBytes(n, c int) int64 { return 12 * int64(n) * int64(c) }

// AttentionForward computes y, float32 (n,C), as the mean of the maps of
// logits, weighted by the softmax of the maps of scores over positions, plus
// bias. kept is AttentionBytes long.
func (k *Set) AttentionForward(s cuda.Stream, n int, y cuda.Ptr, logits, scores Mat, bias, kept cuda.Ptr) error {
	panic("kernels: to be written")
}

// AttentionBackward computes from dy (n,C) the gradients of logits, scores and
// the bias; that of a bias of the scores, which cancels out, is set to zero if
// dcancelled is given. dlogits may be logits and dscores scores.
func (k *Set) AttentionBackward(s cuda.Stream, n int, dlogits, dscores, logits, scores Mat, dbias, dcancelled, dy, kept cuda.Ptr) error {
	panic("kernels: to be written")
}
