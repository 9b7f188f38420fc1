package models

import "hpaflow/models/kernels"

// layers is what a network is written against. Two things implement it: the
// builder makes a Gorgonia graph that trains, the planner a plan that only
// predicts. A layer that cannot be is noted in the implementation, and later
// calls do nothing of use.
type layers interface {
	// training says whether auxiliary heads are wanted.
	training() bool

	// convNorm is a convolution without bias, batch norm, a residual if there
	// is one, and ReLU if asked for.
	convNorm(x activation, c convNorm) activation

	// conv is a convolution without bias. In, H and W of the shape are x's.
	conv(x activation, name string, s kernels.ConvShape) activation

	// maxPool takes maxima. C, H and W of the pool are x's.
	maxPool(x activation, name string, p kernels.MaxPool) activation

	// averagePool3 takes means of 3x3 windows at stride 1, borders counted.
	averagePool3(x activation, name string) activation

	// adaptivePool takes means down, or up, to h x w positions.
	adaptivePool(x activation, name string, h, w int) activation

	// meanPool takes the mean of each channel: (N,C).
	meanPool(x activation, name string) activation

	// concat lays the channels of images beside each other.
	concat(name string, xs ...activation) activation

	// squeezeExcite weighs channels by gates that its two layers, NAME.fc1 and
	// NAME.fc2, compute, adds the residual and cuts at zero.
	squeezeExcite(x activation, name string, hidden int, residual activation) activation

	// linear is a linear layer with bias, of (N,C).
	linear(x activation, name string, out int) activation

	// attention is the mean of logits maps, weighted by the softmax of score
	// maps, (N,C), with the biases of the two convolutions that gave them.
	attention(logits, scores activation, logitsName, scoresName string) activation
}

// convNorm names the parts of a convolution with batch norm.
type convNorm struct {
	conv, norm string // NAME.weight; NAME.weight, .bias, .running_mean, .running_var
	shape      kernels.ConvShape
	eps        float64 // of batch norm; 0 is PyTorch's 1e-5
	residual   *activation
	relu       bool
}

// outputs are a network's results, (N,classes) each.
type outputs struct {
	logits activation
	aux    *activation // while training, if the network has such a head
}

// auxWeight is what the loss of an auxiliary head counts beside the main one.
const auxWeight = .4
