//go:build gpu

package kernels

import (
	"errors"
	"fmt"

	"hpaflow/models/gpu/cuda"
)

// Linear is y = x*w^T + bias for N rows: x (N,In), w (Out,In), y (N,Out), all
// float32 and packed.
type Linear struct{ N, In, Out int }

// The activations of the kernel linear.
const (
	asItIs int32 = iota
	relu
	sigmoid
)

// What blocks of the kernels for linear layers take, as in linear.cu.
const (
	linearWarps  = 8
	linearRows   = 4
	linearInputs = 32
	linearLanes  = 16
)

func (l Linear) check() error {
	if l.N < 1 || l.In < 1 || l.Out < 1 || l.N > maxBlocks {
		return fmt.Errorf("kernels: linear layer %+v: impossible shape", l)
	}
	return nil
}

// LinearForward computes y.
func (k *Set) LinearForward(s cuda.Stream, l Linear, y, x, w, bias cuda.Ptr) error {
	return k.linear(s, l, y, x, w, bias, asItIs)
}

func (k *Set) linear(s cuda.Stream, l Linear, y, x, w, bias cuda.Ptr, activation int32) error {
	if err := l.check(); err != nil {
		return err
	}
	return k.launch(s, "linear", [3]int{ceil(l.Out, linearWarps), ceil(l.N, linearRows), 1}, [3]int{32, linearWarps, 1},
		y, x, w, bias, int32(l.N), int32(l.In), int32(l.Out), activation)
}

// LinearBackwardData computes dx from dy.
func (k *Set) LinearBackwardData(s cuda.Stream, l Linear, dx, dy, w cuda.Ptr) error {
	return k.linearBackwardData(s, l, dx, dy, w, 0)
}

// linearBackwardData leaves zero where kept, x after a ReLU, is zero.
func (k *Set) linearBackwardData(s cuda.Stream, l Linear, dx, dy, w, kept cuda.Ptr) error {
	if err := l.check(); err != nil {
		return err
	}
	return k.launch(s, "linear_back_data", [3]int{ceil(l.In, linearInputs), l.N, 1}, [3]int{linearInputs, linearLanes, 1},
		dx, dy, w, kept, int32(l.In), int32(l.Out))
}

// LinearBackwardWeights computes dw and dbias from dy and x.
func (k *Set) LinearBackwardWeights(s cuda.Stream, l Linear, dw, dbias, dy, x cuda.Ptr) error {
	if err := l.check(); err != nil {
		return err
	}
	return k.launchEach(s, "linear_back_weights", l.Out*(l.In+1), dw, dbias, dy, x, int32(l.N), int32(l.In), int32(l.Out))
}

// AttentionBytes is the memory that an attention head keeps for its backward
// pass: the largest score, the sum and the weighted mean of each map.
func AttentionBytes(n, c int) int64 { return 12 * int64(n) * int64(c) }

// attentionLanes is as in attention.cu.
const attentionLanes = 8

// AttentionForward computes y, float32 (n,C), as the mean of the maps of
// logits, weighted by the softmax of the maps of scores over positions, plus
// bias. kept is AttentionBytes long, or 0 where no backward pass follows.
func (k *Set) AttentionForward(s cuda.Stream, n int, y cuda.Ptr, logits, scores Mat, bias, kept cuda.Ptr) error {
	if err := maps(n, logits, scores); err != nil {
		return err
	}
	return k.launch(s, "attention"+logits.Type.suffix(), [3]int{ceil(logits.C, 32), n, 1}, [3]int{32, attentionLanes, 1},
		y, kept, logits.Ptr, scores.Ptr, bias, int32(n), int32(logits.C), int32(logits.Stride), int32(scores.Stride), int32(logits.Rows/n))
}

// AttentionBackward computes from dy (n,C) the gradients of logits, scores and
// the bias; that of a bias of the scores, which cancels out, is set to zero if
// dcancelled is given. dlogits may be logits and dscores scores. Two launches.
func (k *Set) AttentionBackward(s cuda.Stream, n int, dlogits, dscores, logits, scores Mat, dbias, dcancelled, dy, kept cuda.Ptr) error {
	if err := errors.Join(maps(n, logits, scores), maps(n, logits, dlogits), maps(n, logits, dscores)); err != nil {
		return err
	}
	if err := k.launchEach(s, "attention_bias", logits.C, dbias, dcancelled, dy, int32(n), int32(logits.C)); err != nil {
		return err
	}
	return k.launchEach(s, "attention_back"+logits.Type.suffix(), logits.Rows*logits.C,
		dlogits.Ptr, dscores.Ptr, logits.Ptr, scores.Ptr, dy, kept, int32(n), int32(logits.C),
		int32(dlogits.Stride), int32(dscores.Stride), int32(logits.Stride), int32(scores.Stride), int32(logits.Rows/n))
}

// maps says what does not fit between the maps of a head.
func maps(n int, logits, scores Mat) error {
	if err := errors.Join(logits.check("logits"), scores.check("scores")); err != nil {
		return err
	}
	if n < 1 || n > maxBlocks || !logits.like(scores) || logits.Rows%n != 0 {
		return fmt.Errorf("kernels: attention of %d images over %+v by %+v", n, logits, scores)
	}
	return nil
}
