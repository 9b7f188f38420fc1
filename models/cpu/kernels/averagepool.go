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
	var ninth, zero lane
	for l := range ninth {
		ninth[l] = 1. / 9
	}
	ws.each(n*Blocks(p.C)*p.H, func(s *scratch, i int) {
		at := i * row
		sum := s.get(slotX, row) // of the three rows, by column
		m.blockApply(p.W, &sum[0], vectors(x, at, p.W), nil, &ninth[0], &zero[0], &unbounded[0])
		for _, neighbour := range [2]int{-1, 1} {
			if r := i%p.H + neighbour; r >= 0 && r < p.H {
				m.blockApply(p.W, &sum[0], vectors(x, at+neighbour*row, p.W), &sum[0], &ninth[0], &zero[0], &unbounded[0])
			}
		}
		copy(y[at:at+row], sum)
		if p.W > 1 {
			m.blockAdd(p.W-1, &y[at], &sum[Lanes])
			m.blockAdd(p.W-1, &y[at+Lanes], &sum[0])
		}
	})
}
