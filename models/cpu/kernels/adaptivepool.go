package kernels

import "fmt"

// AdaptivePool takes means over windows that share out a plane of any size, as
// torch's adaptive_avg_pool2d does: output i of n along an axis covers inputs
// floor(i*size/n) up to ceil((i+1)*size/n). Images are in blocks.
type AdaptivePool struct{ C, H, W, OutH, OutW int }

// Validate says what of the shape is impossible.
func (p AdaptivePool) Validate() error {
	if min(p.C, p.H, p.W, p.OutH, p.OutW) < 1 {
		return fmt.Errorf("adaptive pool %+v: impossible shape", p)
	}
	return nil
}

// window is what output i of n covers along an axis.
func window(i, n, size int) (lo, hi int) { return i * size / n, ceil((i+1)*size, n) }

// Forward computes y (n,C,OutH,OutW) from x (n,C,H,W).
func (p AdaptivePool) Forward(ws *Workspace, n int, y, x []float32) {
	ws.each(n*Blocks(p.C), func(_ *scratch, plane int) {
		in, out := x[plane*p.H*p.W*Lanes:], y[plane*p.OutH*p.OutW*Lanes:]
		for oy := range p.OutH {
			top, bottom := window(oy, p.OutH, p.H)
			for ox := range p.OutW {
				left, right := window(ox, p.OutW, p.W)
				var sum lane
				for r := top; r < bottom; r++ {
					for c := left; c < right; c++ {
						for l, v := range (*lane)(in[(r*p.W+c)*Lanes:]) {
							sum[l] += v
						}
					}
				}
				count := float32((bottom - top) * (right - left))
				for l := range sum {
					sum[l] /= count
				}
				*(*lane)(out[(oy*p.OutW+ox)*Lanes:]) = sum
			}
		}
	})
}

// Backward computes dx from dy.
func (p AdaptivePool) Backward(ws *Workspace, n int, dx, dy []float32) {
	ws.each(n*Blocks(p.C), func(_ *scratch, plane int) {
		in, out := dx[plane*p.H*p.W*Lanes:(plane+1)*p.H*p.W*Lanes], dy[plane*p.OutH*p.OutW*Lanes:]
		clear(in)
		for oy := range p.OutH {
			top, bottom := window(oy, p.OutH, p.H)
			for ox := range p.OutW {
				left, right := window(ox, p.OutW, p.W)
				share := *(*lane)(out[(oy*p.OutW+ox)*Lanes:])
				for l := range share {
					share[l] /= float32((bottom - top) * (right - left))
				}
				for r := top; r < bottom; r++ {
					for c := left; c < right; c++ {
						to := (*lane)(in[(r*p.W+c)*Lanes:])
						for l, v := range share {
							to[l] += v
						}
					}
				}
			}
		}
	})
}
