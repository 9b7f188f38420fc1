package kernels

func plainQuadTiles(pixels int) quadTiles {
	return func(tiles, rows int, x *float32, row int, w, y, bias, res *float32, relu int) {
		for p := range tiles * pixels {
			sum := *vec(bias, 0)
			for r := range rows {
				for c := range quad {
					for t := range quadTaps {
						from, weights := vec(x, r*row+(p+t)*laneBytes), vec(w, ((r*quad+c)*quadTaps+t)*laneBytes)
						for l := range sum {
							sum[l] += from[l/quad*quad+c] * weights[l]
						}
					}
				}
			}
			for l := range sum {
				if res != nil {
					sum[l] += vec(res, p*laneBytes)[l]
				}
				if relu != 0 {
					sum[l] = max(sum[l], 0)
				}
			}
			*vec(y, p*laneBytes) = sum
		}
	}
}
