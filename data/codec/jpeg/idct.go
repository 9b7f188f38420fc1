package jpeg

import "encoding/binary"

// The inverse cosine transform is that of Loeffler, Ligtenberg and Moschytz ("Practical
// fast 1-D DCT algorithms with 11 multiplications", ICASSP 1989) in the integers that
// libjpeg names islow: columns first, then rows, factors with 13 bits of fraction, two of
// which are kept between the passes. Integer sums are the same in any order, so that what
// there is done by 11 multiplications is done here by sums of products, pairs of which are
// an instruction. Coefficients of no picture, whose sums leave 16 bits, are held at their
// limits between the passes; what libjpeg-turbo makes of those depends on the machine.

// factor is a constant with 13 bits of fraction.
const (
	f0298 = 2446
	f0390 = 3196
	f0541 = 4433
	f0765 = 6270
	f0899 = 7373
	f1175 = 9633
	f1501 = 12299
	f1847 = 15137
	f1961 = 16069
	f2053 = 16819
	f2562 = 20995
	f3072 = 25172
)

// fraction of the factors, and of what is kept between the passes.
const (
	factorBits = 13
	keptBits   = 2
)

// transform writes the samples of a block that is x from the left and y from the
// top of the band.
func (c *component) transform(x, y int, b *block) {
	at, stride := c.band.place(x, y)
	idct(c.band.buf[at:at+7*stride+8], stride, b, &c.quant)
}

// fill is transform for a block whose only coefficient is the mean.
func (c *component) fill(x, y int, mean int16) {
	at, stride := c.band.place(x, y)
	v := (int32(mean*c.quant[0])+4)>>3 + 128
	all := uint64(max(0, min(v, 255))) * 0x0101010101010101
	dst := c.band.buf[at : at+7*stride+8]
	for i := 0; i < 8; i++ {
		binary.LittleEndian.PutUint64(dst[i*stride:], all)
	}
}

// idctGo writes 8 rows of 8 samples, stride apart. Products of coefficients and
// quantisers wrap at 16 bits.
func idctGo(dst []byte, stride int, b, quant *block) {
	var half [8][8]int32 // by column
	for col := range half {
		in := &half[col]
		rest := int32(0)
		for row := range in {
			at := places[row*8+col] & 63
			in[row] = int32(b[at] * quant[at])
			if row > 0 {
				rest |= in[row]
			}
		}
		if rest == 0 {
			v := in[0] << keptBits
			*in = [8]int32{v, v, v, v, v, v, v, v}
		} else {
			turn(in, factorBits-keptBits)
		}
		for row, v := range in {
			in[row] = max(-1<<15, min(v, 1<<15-1))
		}
	}
	for row := range 8 {
		line := dst[row*stride:][:8]
		var in [8]int32
		for col := range in {
			in[col] = half[col][row]
		}
		turn(&in, factorBits+keptBits+3)
		for col, v := range in {
			line[col] = uint8(max(0, min(v+128, 255)))
		}
	}
}

// turn is the transform of eight values, its results divided by 1<<shift and
// rounded.
func turn(v *[8]int32, shift uint) {
	shift &= 31
	half := int32(1) << (shift - 1)
	sum, difference := (v[0]+v[4])<<factorBits+half, (v[0]-v[4])<<factorBits+half
	outer, inner := v[2]*(f0541+f0765)+v[6]*f0541, v[2]*f0541+v[6]*(f0541-f1847)
	e0, e1, e2, e3 := sum+outer, difference+inner, difference-inner, sum-outer

	z1, z2, z3, z4 := v[1]+v[7], v[3]+v[5], v[3]+v[7], v[1]+v[5]
	z5 := (z3 + z4) * f1175
	z1, z2, z3, z4 = -z1*f0899, -z2*f2562, z5-z3*f1961, z5-z4*f0390
	o0, o1, o2, o3 := v[1]*f1501+z1+z4, v[3]*f3072+z2+z3, v[5]*f2053+z2+z4, v[7]*f0298+z1+z3

	v[0], v[7] = (e0+o0)>>shift, (e0-o0)>>shift
	v[1], v[6] = (e1+o1)>>shift, (e1-o1)>>shift
	v[2], v[5] = (e2+o2)>>shift, (e2-o2)>>shift
	v[3], v[4] = (e3+o3)>>shift, (e3-o3)>>shift
}
