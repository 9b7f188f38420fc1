//go:build gpu

package kernels

import "hpaflow/models/gpu/cuda"

// What a grid is cut by depends on shapes alone, so that sums have one order on
// every card. The numbers suit a card of 100 to 200 multiprocessors, and cost a
// smaller one nothing.
const (
	blockThreads = 256
	sumBlocks    = 1024  // blocks that sums are spread over
	sumRows      = 8     // rows that a thread sums at least
	passBlocks   = 2048  // blocks that a pass is spread over before threads take several rows
	passRows     = 4     // rows that a thread then takes
	maxBlocks    = 65535 // of a grid along y or z

	finishChannels = 8
	finishLanes    = 64
)

// grid is a launch over rows and channels: blocks of x*y threads, x of them
// along channels, blocks along channels, spans of rows, and images.
type grid struct{ x, y, columns, span, spans, images int }

func (g grid) blocks() [3]int  { return [3]int{g.columns, g.spans, g.images} }
func (g grid) threads() [3]int { return [3]int{g.x, g.y, 1} }

// across lays threads over channels, lanes of them a thread.
func across(c, lanes int) grid {
	groups := ceil(c, lanes)
	columns := ceil(groups, blockThreads)
	x := ceil(groups, columns)
	return grid{x: x, y: blockThreads / x, columns: columns, images: 1}
}

// passGrid is for kernels that give each row its own result, rows an image.
func passGrid(rows, c, lanes, images int) grid {
	g := across(c, lanes)
	g.images = images
	each := min(passRows, max(1, g.columns*images*ceil(rows, g.y)/passBlocks))
	each = max(each, ceil(rows, g.y*maxBlocks))
	return g.cut(rows, g.y*each)
}

// sumGrid is for kernels that sum over rows.
func sumGrid(rows, c, lanes, images int) grid {
	g := across(c, lanes)
	g.images = images
	spans := min(ceil(rows, g.y*sumRows), ceil(sumBlocks, g.columns*images))
	return g.cut(rows, ceil(ceil(rows, spans), g.y)*g.y)
}

func (g grid) cut(rows, span int) grid {
	g.span, g.spans = span, ceil(rows, span)
	return g
}

// partials is how many float32 the sums of two kinds take, whichever way rows
// are read.
func partials(t Type, rows, c, images int) int {
	wide, narrow := sumGrid(rows, c, t.lanes(), images), sumGrid(rows, c, 1, images)
	return padded(2 * c * images * max(wide.spans, narrow.spans))
}

// padded rounds a number of float32 up to 256 bytes.
func padded(n int) int { return ceil(n, 64) * 64 }

// finish is the grid and block of a kernel that adds up spans rows of partial
// sums.
func finish(c, spans int) (grid, block [3]int) {
	lanes := 1
	for lanes < spans && lanes < finishLanes {
		lanes *= 2
	}
	return [3]int{ceil(c, finishChannels), 1, 1}, [3]int{finishChannels, lanes, 1}
}

// variant is the name of a kernel for a type, and how many channels a thread of
// it takes at once.
func variant(name string, t Type, wide bool) (string, int) {
	if wide {
		return name + t.suffix(), t.lanes()
	}
	return name + t.suffix() + "_1", 1
}

// floats is the address n float32 further.
func floats(p cuda.Ptr, n int) cuda.Ptr { return p + cuda.Ptr(4*n) }

func ceil(a, b int) int { return (a + b - 1) / b }
