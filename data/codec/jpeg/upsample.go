package jpeg

// A component of fewer samples than the image has pixels is spread over them. By
// half across, or down, or both, libjpeg-turbo weighs the nearest sample with 3/4 and
// the next with 1/4 in each direction ("fancy upsampling"); across, only what is more
// than two samples wide. Other samples are repeated.

// spreading is how a component becomes lines as wide as the image.
func spreading(b *band) func(*band, int) []byte {
	switch {
	case b.hx == 1 && b.vx == 1:
		return (*band).line
	case b.hx == 1 && b.vx == 2:
		return (*band).spreadDown
	case b.hx == 2 && b.vx == 1 && b.width > 2:
		return (*band).spreadAcross
	case b.hx == 2 && b.vx == 2 && b.width > 2:
		return (*band).spreadBoth
	}
	return (*band).repeat
}

// repeat gives each sample to all pixels it stands for.
func (b *band) repeat(y int) []byte {
	line := b.line(y / b.vx)
	if b.hx == 1 {
		return line
	}
	for x, v := range line {
		for i := range b.hx {
			b.wide[x*b.hx+i] = v
		}
	}
	return b.wide
}

// neighbours are the line nearest to a line of pixels, of twice as many, and the
// next nearest.
func (b *band) neighbours(y int) (near, next int) { return y / 2, y/2 - 1 + y%2*2 }

// spreadDown is libjpeg-turbo's h1v2, which rounds down and up in turn.
func (b *band) spreadDown(y int) []byte {
	a, c := b.neighbours(y)
	near, next := b.line(a), b.line(c)
	wide := b.wide[:len(near)]
	for x, v := range near {
		wide[x] = uint8((3*int(v) + int(next[x]) + 1 + y%2) >> 2)
	}
	return wide
}

// spreadAcross is h2v1.
func (b *band) spreadAcross(y int) []byte {
	spreadAcross(b.wide, b.around(y))
	return b.wide
}

// spreadBoth is h2v2.
func (b *band) spreadBoth(y int) []byte {
	near, next := b.neighbours(y)
	spreadBoth(b.wide, b.around(near), b.around(next))
	return b.wide
}

// spreadAcross makes two samples of each but the first and last of in. Rounding
// goes down and up in turn, so that it favours neither.
func spreadAcross(dst, in []byte) {
	for x := 1 + fastAcross(dst, in); x < len(in)-1; x++ {
		v := 3 * int(in[x])
		dst[2*x-2], dst[2*x-1] = uint8((v+int(in[x-1])+1)>>2), uint8((v+int(in[x+1])+2)>>2)
	}
}

// spreadBoth is spreadAcross of the sums of 3/4 of near and 1/4 of next.
func spreadBoth(dst, near, next []byte) {
	next = next[:len(near)]
	x := 1 + fastBoth(dst, near, next)
	if x >= len(near)-1 {
		return
	}
	last, this := 3*int(near[x-1])+int(next[x-1]), 3*int(near[x])+int(next[x])
	for ; x < len(near)-1; x++ {
		following := 3*int(near[x+1]) + int(next[x+1])
		dst[2*x-2], dst[2*x-1] = uint8((3*this+last+8)>>4), uint8((3*this+following+7)>>4)
		last, this = this, following
	}
}
