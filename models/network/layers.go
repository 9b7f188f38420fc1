package network

// Layers is what a network is written against, and what a device or an exporter
// implements. A layer that cannot be is noted in the implementation, and later
// calls do nothing of use.
type Layers interface {
	// Training says whether auxiliary heads are wanted.
	Training() bool

	// ConvNorm is a convolution without bias, batch norm, a residual if there
	// is one, and ReLU if asked for.
	ConvNorm(x Activation, c ConvNorm) Activation

	// Conv is a convolution, without bias unless its shape says so. Its input is x.
	Conv(x Activation, name string, s ConvShape) Activation

	// Norm is batch norm, and ReLU if asked for.
	Norm(x Activation, n Norm) Activation

	// LayerNorm brings each position to mean 0 and variance 1, over its channels,
	// of images or (N,C): NAME.weight, NAME.bias.
	LayerNorm(x Activation, name string, eps float64) Activation

	// Dense is one linear layer with bias, of each position of an image.
	Dense(x Activation, d Dense) Activation

	// MaxPool takes maxima.
	MaxPool(x Activation, name string, p MaxPool) Activation

	// AveragePool3 takes means of 3x3 windows at stride 1, borders counted.
	AveragePool3(x Activation, name string) Activation

	// AveragePool2 takes means of 2x2 windows at stride 2. A last row or column
	// that fills no window is left out.
	AveragePool2(x Activation, name string) Activation

	// AdaptivePool takes means down, or up, to h x w positions.
	AdaptivePool(x Activation, name string, h, w int) Activation

	// MeanPool takes the mean of each channel: (N,C).
	MeanPool(x Activation, name string) Activation

	// Concat lays the channels of images beside each other.
	Concat(name string, xs ...Activation) Activation

	// SqueezeExcite weighs channels by gates that its two layers, NAME.fc1 and
	// NAME.fc2, compute, adds the residual and cuts at zero.
	SqueezeExcite(x Activation, name string, hidden int, residual Activation) Activation

	// Linear is a linear layer with bias, of (N,C).
	Linear(x Activation, name string, out int) Activation

	// Attention is the mean of logits maps, weighted by the softmax of score
	// maps, (N,C), with the biases of the two convolutions that gave them.
	Attention(logits, scores Activation, logitsName, scoresName string) Activation
}

// ConvNorm names the parts of a convolution with batch norm.
type ConvNorm struct {
	Conv, Norm string // NAME.weight; NAME.weight, .bias, .running_mean, .running_var
	Shape      ConvShape
	Eps        float64 // of batch norm; 0 is PyTorch's 1e-5
	Residual   *Activation
	ReLU       bool
}

// Norm names the parts of a batch norm that follows no convolution of its own.
type Norm struct {
	Name string  // NAME.weight, .bias, .running_mean, .running_var
	Eps  float64 // 0 is PyTorch's 1e-5
	ReLU bool
}

// ConvShape is the shape of a convolution, in PyTorch's terms. A stride or
// number of groups of 0 is 1.
type ConvShape struct {
	Out              int // channels
	KH, KW           int
	StrideH, StrideW int
	PadH, PadW       int
	Groups           int
	Bias             bool // NAME.bias is added
}

// MaxPool is the shape of a pool of square windows, in PyTorch's terms.
type MaxPool struct {
	Kernel, Stride, Pad int
	Ceil                bool
}

// Heads are what the last layers depend on beside the network.
type Heads struct {
	Classes int // logits a sample

	// Attention and auxAttention are the sides of the grids of features that
	// the attention heads look at; 0 is the width that features have.
	Attention, AuxAttention int
}

// Outputs are a network's results, (N,classes) each.
type Outputs struct {
	Logits Activation
	Aux    *Activation // while training, if the network has such a head
}

// AuxWeight is what the loss of an auxiliary head counts beside the main one.
const AuxWeight = .4
