package kernels

// AveragePool3 takes the mean of each 3x3 window at stride 1, with a border of
// zeros that count, as torch's avg_pool2d(x, 3, 1, 1) does. Its gradient is
// the same pool of the gradient. Images are in blocks.
type AveragePool3 struct{ C, H, W int }

// Run computes y (n,C,H,W) from x. They must not overlap.
func (p AveragePool3) Run(ws *Workspace, n int, y, x []float32) {
	p.run(ws, machines[0], n, y, x)
}

func (p AveragePool3) run(ws *Workspace, m *machine, n int, y, x []float32) {
	row := p.W * Lanes
	ws.each(n*Blocks(p.C), func(s *scratch, block int) {
		ninth := s.lane(0)
		for l := range ninth {
			ninth[l] = 1. / 9
		}
		border := s.get(slotX, row)
		clear(border)
		from, to := x[block*p.H*row:][:p.H*row], y[block*p.H*row:][:p.H*row]
		for r := range p.H {
			up, down := &border[0], &border[0]
			if r > 0 {
				up = &from[(r-1)*row]
			}
			if r < p.H-1 {
				down = &from[(r+1)*row]
			}
			m.blockAverage3(p.W, &to[r*row], &from[r*row], up, down, &ninth[0])
		}
	})
}
