package kernels

import "fmt"

// AveragePool2 takes the mean of each 2x2 window at stride 2, as torch's
// avg_pool2d(x, 2) does: a last row or column that fills no window is left out.
// Images are in blocks.
type AveragePool2 struct {
	C, H, W int

	machine *machine // the fastest if nil
}

// Validate says what of the shape is impossible.
func (p AveragePool2) Validate() error {
	if p.C < 1 || p.H < 2 || p.W < 2 {
		return fmt.Errorf("average pool: images of %dx%d are smaller than a window of 2x2", p.W, p.H)
	}
	return nil
}

// Forward computes y (n,C,H/2,W/2) from x (n,C,H,W).
func (p AveragePool2) Forward(ws *Workspace, n int, y, x []float32) {
	m, outH, outW, row := p.machine.orFastest(), p.H/2, p.W/2, p.W*Lanes
	var quarter, zero lane
	for l := range quarter {
		quarter[l] = .25
	}
	ws.each(n*Blocks(p.C)*outH, func(s *scratch, i int) {
		at := (i/outH*p.H + i%outH*2) * row
		sum := s.get(slotX, row) // of the two rows, by column
		m.blockApply(p.W, &sum[0], vectors(x, at, p.W), nil, &quarter[0], &zero[0], &unbounded[0])
		m.blockApply(p.W, &sum[0], vectors(x, at+row, p.W), &sum[0], &quarter[0], &zero[0], &unbounded[0])
		to := y[i*outW*Lanes : (i+1)*outW*Lanes]
		for j := range outW {
			left, right, mean := (*lane)(sum[2*j*Lanes:]), (*lane)(sum[(2*j+1)*Lanes:]), (*lane)(to[j*Lanes:])
			for l := range mean {
				mean[l] = left[l] + right[l]
			}
		}
	})
}

// Backward computes dx from dy.
func (p AveragePool2) Backward(ws *Workspace, n int, dx, dy []float32) {
	outH, outW, row := p.H/2, p.W/2, p.W*Lanes
	ws.each(n*Blocks(p.C), func(_ *scratch, plane int) {
		d := dx[plane*p.H*row : (plane+1)*p.H*row]
		clear(d[outH*2*row:])
		for i := range outH {
			top := d[i*2*row : (i*2+1)*row]
			clear(top[outW*2*Lanes:])
			for j := range outW {
				v := *(*lane)(dy[((plane*outH+i)*outW+j)*Lanes:])
				for l := range v {
					v[l] *= .25
				}
				*(*lane)(top[2*j*Lanes:]), *(*lane)(top[(2*j+1)*Lanes:]) = v, v
			}
			copy(d[(i*2+1)*row:(i*2+2)*row], top)
		}
	})
}
