package jpeg

import "hpaflow/data"

// output takes lines of components to the caller's planes.
type output struct {
	header Header
	planes []data.Plane
	grey   bool // one plane is wanted, whatever the channels
	rgb    bool // three components are red, green and blue
	shown  int  // lines that are done
	rows   [3][]byte
}

func (o *output) open(h Header, planes []data.Plane, grey bool) {
	o.header, o.planes, o.grey = h, planes, grey
	for i := range o.rows {
		o.rows[i] = grown(o.rows[i], h.Width)
	}
}

// line makes the next line of pixels.
func (o *output) line(in *[3][]byte) {
	at, n := o.shown*o.header.Width, o.header.Width
	if o.header.Channels == 1 {
		copy(o.planes[0].U8[at:at+n], in[0])
		return
	}
	if !o.rgb {
		out := &o.rows
		if !o.grey {
			out = &[3][]byte{o.planes[0].U8[at : at+n], o.planes[1].U8[at : at+n], o.planes[2].U8[at : at+n]}
		}
		colours(out, in)
		in = out
	}
	switch {
	case o.grey:
		greys(o.planes[0].U8[at:at+n], in)
	case o.rgb:
		for i, p := range o.planes {
			copy(p.U8[at:at+n], in[i])
		}
	}
}

// colours turns YCbCr to RGB, with the factors of JFIF in 16 bits of fraction.
func colours(out, in *[3][]byte) {
	const half = 1 << 15
	done := fastColours(out, in)
	luma := in[0][done:]
	n := len(luma)
	cb, cr := in[1][done:][:n], in[2][done:][:n]
	r, g, b := out[0][done:][:n], out[1][done:][:n], out[2][done:][:n]
	for i, v := range luma {
		y, cb, cr := int32(v), int32(cb[i])-128, int32(cr[i])-128
		r[i] = clamp(y + (91881*cr+half)>>16)           // 1.402
		g[i] = clamp(y + (-22554*cb-46802*cr+half)>>16) // 0.344136, 0.714136
		b[i] = clamp(y + (116130*cb+half)>>16)          // 1.772
	}
}

func clamp(v int32) uint8 { return uint8(max(0, min(v, 255))) }

// greys turns RGB to Pillow's mode L.
func greys(out []byte, in *[3][]byte) {
	for i := fastGreys(out, in); i < len(out); i++ {
		out[i] = uint8((19595*uint32(in[0][i]) + 38470*uint32(in[1][i]) + 7471*uint32(in[2][i]) + 0x8000) >> 16)
	}
}
