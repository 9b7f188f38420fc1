package kernels

func plainDot(n int, x, y, sums *float32) {
	var sum [Lanes]float32
	for i := range n {
		v := vec(y, i*laneBytes)
		for l, a := range vec(x, i*laneBytes) {
			sum[l] += a * v[l]
		}
	}
	*vec(sums, 0) = sum
}

func plainAddScaled(n int, y, x, scale *float32) {
	for i := range n {
		to := vec(y, i*laneBytes)
		for l, v := range vec(x, i*laneBytes) {
			to[l] += v * *scale
		}
	}
}
