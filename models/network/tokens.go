package network

// TokenLayers is what a network of tokens, a vision transformer, is written
// against, as Layers is for one of images, and what a device or an exporter
// implements. Such networks only predict. Tokens are images of one row,
// (N,C,1,W); parameters are NAME.weight and NAME.bias, in PyTorch's shapes.
type TokenLayers interface {
	// Patches makes a token of each square of an image, behind a class token.
	Patches(x Activation, p Patches) Activation

	// LayerNorm brings each token to mean 0 and variance 1, over its channels.
	LayerNorm(x Activation, name string, eps float64) Activation

	// Dense is a linear layer with bias, of tokens or of (N,C).
	Dense(x Activation, d Dense) Activation

	// SelfAttention is softmax(q*k^T/sqrt(d))*v of so many heads, each of d
	// channels, where x is q, k and v beside each other.
	SelfAttention(x Activation, heads int) Activation

	// GatedPool is sums of tokens by weights that are made of them, one for each
	// head, beside each other: (N,Heads*C). The weights are (N,Heads,1,W).
	GatedPool(x Activation, p GatedPool) (pooled, weights Activation)

	// Probabilities is the mean of the sigmoids of logits, (N,C) each.
	Probabilities(name string, logits ...Activation) Activation
}

// Patches names the parts of the layer that makes tokens of an image.
type Patches struct {
	Projection string // a convolution with bias: each square to a token
	Class      string // the first token, (1,1,C)
	Positions  string // what is added to each token, (1,Grid*Grid+1,C)
	Patch      int    // side of a square, in pixels
	Out        int    // channels

	// Grid is the side of the grid that Positions were made for. For another, the
	// part behind the class token is resized: bicubic with a = -0.75, as
	// torch.nn.functional.interpolate does it with corners not aligned.
	Grid int
}

// Dense names a linear layer, or several of one input, whose results are laid
// beside each other. The result is Activate(x*w^T + bias)*Scale + Residual.
type Dense struct {
	Names    []string
	Out      int // channels, of each
	Activate Function
	Scale    string // a factor of each channel, NAME, or none; only of images
	Residual *Activation
}

// Function is applied to each value.
type Function int

// The functions.
const (
	Identity Function = iota
	ReLU
	GELU // x*Phi(x), by erf
)

// GatedPool names the layers that make weights: of each token t,
//
//	Weights(tanh(V(t)) * GELU(U(t)))
//
// is a score for each head, and the softmax of the scores over tokens a weight.
type GatedPool struct {
	V, U, Weights string
	Inner, Heads  int // channels of V and U, and of Weights
}
