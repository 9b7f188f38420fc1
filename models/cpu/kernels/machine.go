package kernels

// machine is the innermost loops, for one kind of processor. Steps, rows,
// columns and offsets are in bytes. Each kind computes the same, but for the
// last bits: plain Go rounds a product before it is added. AVX2 and AVX-512
// round alike, and sum each value in the same order.
type machine struct {
	name string
	bits string // the first kind that gives the same bits

	blocks  int                // of output channels that a tile has at most
	product int                // those of a product whose gradients are not computed, where they divide its own
	pixels  [maxBlocks + 1]int // that a tile has at most, by its blocks
	combos  int                // weights of an output channel that a gradTile sums

	// source is the bytes of source that a piece of a direct convolution reads for each
	// panel anew: a part of the second cache, which may have to be shared with another
	// thread of the core and holds 512 KiB or more.
	source int

	// convTiles, by blocks of output channels and pixels, computes for each
	// pixel and channel of so many tiles
	//
	//	y = bias + sum over offsets and lanes of x[offset+lane] * w
	//
	// with w packed as [n][lanes][blocks*Lanes]; then adds what y held, with
	// addResult, and res where it is not nil, and cuts at zero with cutResult.
	// res lies like y. lanes is 4 or 8. Tiles lie xnext and ynext apart. With
	// each, so many lines of the caches from ahead on are fetched into the second one,
	// where that is of use.
	convTiles [maxBlocks + 1][maxPixels + 1]convTiles

	// gradTile, by blocks of output channels, adds to acc, packed as
	// [combos][blocks*Lanes], the sum over rows and columns of
	// dy * x[offset], with the columns of dy packed as [blocks*Lanes].
	gradTile [maxBlocks + 1]func(rows, cols int, x *float32, offsets *int, xstep, xrow int,
		dy *float32, dyrow int, acc *float32)

	// quadTiles, by pixels, computes for each pixel of so many tiles, which follow each
	// other, y = bias + sum over rows of the kernel, row bytes apart in x, input channels
	// c of four and taps of three, of lane c of each half of x[tap] * w; then adds res,
	// where it is not nil, and cuts at zero with relu.
	quadTiles [maxPixels + 1]quadTiles

	// The transforms of winograd.go, of n tiles.
	winogradInput, winogradKernel, winogradGrad, winogradWeights func(n int, out *float32, outRow, outCol, outNext int,
		in *float32, inRow, inCol, inNext int)
	winogradOutput func(n int, out *float32, outRow, outCol, outNext int,
		in *float32, inRow, inCol, inNext int, bias, res *float32, relu int)

	// The transforms of winogradline.go, of n lines, by the taps of kernels.
	lineInput  lineTransform
	lineKernel [maxTaps + 1]lineTransform
	lineOutput [maxTaps + 1]lineOutput

	// transpose turns n tiles of 8x8 values, moveVectors copies n vectors, and moveRuns
	// runs of n vectors each.
	transpose   func(n int, out *float32, outRow, outNext int, in *float32, inRow, inNext int)
	moveVectors func(n int, to *float32, toStep int, from *float32, fromStep int)
	moveRuns    func(runs, n int, to *float32, toStep int, from *float32, fromStep int)

	// fetchRows asks for so many lines of rows step bytes apart, which will be read soon.
	fetchRows func(rows, lines int, from *float32, step int)

	// interleave4 lays four planes, plane bytes apart, out as n times eight pixels.
	interleave4 func(n int, to, from *float32, plane int)

	// winogradKernels is winogradKernel of two blocks of output channels, whose kernels
	// follow each other, and which lie beside each other when they are turned; or nil.
	winogradKernels func(n int, out *float32, outRow, outCol, outNext int,
		in *float32, inRow, inCol, inNext int)

	// winogradGrads is winogradGrad of two blocks of channels, which lie inPair bytes apart,
	// and beside each other when they are turned; or nil.
	winogradGrads func(n int, out *float32, outRow, outCol, outNext int,
		in *float32, inRow, inCol, inNext, inPair int)

	// fmaPeak does n rounds of peakFlops additions and multiplications.
	fmaPeak   func(n int)
	peakFlops int

	// Loops over n vectors; scale, offset and the like are one vector each.
	blockSums      func(n int, x, shift, sums *float32)
	blockApply     func(n int, y, x, res, scale, offset, floor *float32)
	blockGradSums  func(n int, dy, x, scale, offset, floor, mean, sums *float32)
	blockGrad      func(n int, dx, dy, x, scale, offset, floor, k, slope, level *float32)
	blockGradAdd   func(n int, dx, dy, x, scale, offset, floor, k, slope, level *float32)
	blockCut       func(n int, dx, dy, y *float32)
	blockAdd       func(n int, y, x *float32)
	blockDot       func(n int, x, y, sums *float32)
	blockAddScaled func(n int, y, x, scale *float32) // scale is one value
	adamStep       func(n int, p, g, m, v, largest, c *float32)
	blockMax       func(n int, y *float32, from *uint8, x *float32, xstep int, offsets *int, taps int)
	blockMaxBack   func(n int, dx *float32, xstep int, dy *float32, from *uint8, offsets *int, taps int)
	blockAverage3  func(n int, y, mid, up, down, ninth *float32)

	// The same over tokens, where each vector has values of its own: sums of
	// squares, y = (x-mean)*scale*gamma + beta and its gradient, products, and GELU
	// with its gradient.
	tokenSquares func(n int, sums, x, mean *float32)
	tokenNorm    func(n int, y, x, mean, scale, gamma, beta *float32)
	tokenScale   func(n int, y, x *float32)
	tokenGELU    func(n int, y *float32)

	tokenGELUTo   func(n int, y, x *float32)
	tokenGELUBack func(n int, dx, dy, x *float32)
	tokenNormSums func(n int, one, two, dy, x, mean, scale, gamma, sums *float32)
	tokenNormBack func(n int, dx, dy, x, mean, scale, gamma, one, two *float32)

	// tokenSoftmax goes on with the softmax of a tile of tokens over more scores,
	// [blocks][token][lane]. Own, [2+width][token][lane], has the largest score of all
	// so far in all lanes; the sums, by lanes, of exp(score-largest); and the results,
	// which are scaled, as those sums, to what is the largest now. Scores become
	// exp(score-largest).
	tokenSoftmax func(tokens, blocks int, scores *float32, width int, own *float32)

	// Depthwise 7x7 convolutions: depthTile, by positions, up to depthPixels of them
	// and a power of two, and the weights' gradient of a row.
	depthPixels int
	depthTile   [maxDepth + 1]func(x *float32, xrow int, w, bias, y *float32)
	depthGrad   func(pairs int, x, dy, sums *float32)
}

// A lineTransform turns vectors that lie inStep bytes apart into others outStep bytes
// apart, for n lines; a lineOutput is one that ends a layer, too.
type (
	lineTransform = func(n int, out *float32, outStep, outNext int, in *float32, inStep, inNext int)
	lineOutput    = func(n int, out *float32, outStep, outNext int, in *float32, inStep, inNext int, bias, res *float32, relu int)
)

type quadTiles = func(tiles, rows int, x *float32, row int, w, y, bias, res *float32, relu int)

type convTiles = func(tiles, xnext, ynext int, n int, offsets *int, lanes int, x *float32, xstep int, w *float32,
	y *float32, ystep, yblock int, bias, res *float32, flags int, ahead *float32, lines int)

// oneByOne is convTiles by the loop for a single tile, which fetches nothing ahead.
func oneByOne(tile func(n int, offsets *int, lanes int, x *float32, xstep int, w *float32,
	y *float32, ystep, yblock int, bias, res *float32, flags int),
) convTiles {
	return func(tiles, xnext, ynext int, n int, offsets *int, lanes int, x *float32, xstep int, w *float32,
		y *float32, ystep, yblock int, bias, res *float32, flags int, _ *float32, _ int,
	) {
		for i := range tiles {
			if i > 0 {
				x, y = value(x, xnext), value(y, ynext)
				if res != nil {
					res = value(res, ynext)
				}
			}
			tile(n, offsets, lanes, x, xstep, w, y, ystep, yblock, bias, res, flags)
		}
	}
}

const (
	maxBlocks = 8
	maxPixels = 14
	maxDepth  = 16

	addResult = 1
	cutResult = 2
)

// panelOf is the blocks of a panel of a product whose gradients are not computed, of so
// many output blocks: those whose tiles are the fastest, with fewer loads to a multiply-add,
// where they divide the blocks. A last panel that is not full is slow.
func (m *machine) panelOf(blocks int) int {
	if blocks%m.product == 0 {
		return m.product
	}
	return m.blocks
}

// most is the blocks of the widest tiles.
func (m *machine) most() int { return max(m.blocks, m.product) }

// machines are the kinds that run here, the fastest first.
var machines = append(fastMachines(), plainMachine())

// orFastest is m or, for a layer that was given none, the fastest kind.
func (m *machine) orFastest() *machine {
	if m == nil {
		return machines[0]
	}
	return m
}

// Instructions names the arithmetic in use: avx2, which AVX-512 does to the bit,
// or go. Where it is another, results differ in their last bits.
func Instructions() string { return machines[0].bits }

// Loops names the instruction set of the innermost loops: avx512, avx2 or go.
func Loops() string { return machines[0].name }

// pixelsOf are the most pixels of tiles of one block, two and so on.
func pixelsOf(pixels ...int) (by [maxBlocks + 1]int) {
	copy(by[1:], pixels)
	return by
}
