package models

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

	// conv is a convolution without bias. Its input is x.
	conv(x activation, name string, s convShape) activation

	// maxPool takes maxima.
	maxPool(x activation, name string, p maxPool) activation

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
	shape      convShape
	eps        float64 // of batch norm; 0 is PyTorch's 1e-5
	residual   *activation
	relu       bool
}

// convShape is the shape of a convolution, in PyTorch's terms. A stride or
// number of groups of 0 is 1.
type convShape struct {
	out              int // channels
	kh, kw           int
	strideH, strideW int
	padH, padW       int
	groups           int
}

// maxPool is the shape of a pool of square windows, in PyTorch's terms.
type maxPool struct {
	kernel, stride, pad int
	ceil                bool
}

// heads are what the last layers depend on beside the network.
type heads struct {
	classes int // logits a sample

	// attention and auxAttention are the sides of the grids of features that
	// the attention heads look at; 0 is the width that features have.
	attention, auxAttention int
}

// outputs are a network's results, (N,classes) each.
type outputs struct {
	logits activation
	aux    *activation // while training, if the network has such a head
}

// auxWeight is what the loss of an auxiliary head counts beside the main one.
const auxWeight = .4
