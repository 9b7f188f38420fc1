package kernels

// copyWindow copies h rows of w vectors from (y,x) on of a plane of srcH times srcW,
// with zeros outside.
func (m *machine) copyWindow(to, plane []float32, srcH, srcW, y, x, h, w int) {
	lo, hi := min(w, max(0, -x)), max(0, min(w, srcW-x))
	top, bottom := min(h, max(0, -y)), max(0, min(h, srcH-y))
	if lo >= hi || top >= bottom {
		clear(to[:h*w*Lanes])
		return
	}
	clear(to[:top*w*Lanes])
	clear(to[bottom*w*Lanes : h*w*Lanes])
	from := plane[((y+top)*srcW+x+lo)*Lanes : ((y+bottom-1)*srcW+x+hi)*Lanes]
	m.moveRuns(bottom-top, hi-lo, &to[(top*w+lo)*Lanes], w*laneBytes, &from[0], srcW*laneBytes)
	for i := top; i < bottom; i++ {
		row := to[i*w*Lanes : (i+1)*w*Lanes]
		for j := range lo {
			*(*[Lanes]float32)(row[j*Lanes:]) = [Lanes]float32{}
		}
		for j := hi; j < w; j++ {
			*(*[Lanes]float32)(row[j*Lanes:]) = [Lanes]float32{}
		}
	}
}
