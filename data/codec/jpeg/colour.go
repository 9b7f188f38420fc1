package jpeg

import "hpaflow/data"

// output takes lines of components to the caller's planes.
type output struct {
	header Header
	planes []data.Plane
	grey   bool // one plane is wanted, whatever the channels
	rgb    bool // the first three components are red, green and blue, or inks; else YCbCr
	inks   bool // there are four components: cyan, magenta, yellow and black
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
func (o *output) line(lines *[4][]byte) {
	at, n := o.shown*o.header.Width, o.header.Width
	if o.header.Channels == 1 {
		copy(o.planes[0].U8[at:at+n], lines[0])
		return
	}
	in := (*[3][]byte)(lines[:3])
	if !o.rgb || o.inks {
		out := &o.rows
		if !o.grey {
			out = &[3][]byte{o.planes[0].U8[at : at+n], o.planes[1].U8[at : at+n], o.planes[2].U8[at : at+n]}
		}
		if !o.rgb {
			colours(out, in)
			in = out
		}
		if o.inks {
			prints(out, in, lines[3], !o.rgb)
			in = out
		}
	}
	switch {
	case o.grey:
		greys(o.planes[0].U8[at:at+n], in)
	case o.rgb && !o.inks:
		for i, p := range o.planes {
			copy(p.U8[at:at+n], in[i])
		}
	}
}

// prints turns inks to RGB, as Pillow does: it takes them for inverted, which all
// writers have followed Photoshop in, and so black for how light a pixel may be. Those
// that come of YCbCr are as they are.
func prints(out, in *[3][]byte, black []byte, converted bool) {
	for i, line := range out {
		for x, v := range in[i] {
			ink, light := uint32(v), uint32(black[x])
			if !converted {
				ink = 255 - ink
			}
			t := ink*light + 128
			line[x] = uint8(light - (t>>8+t)>>8)
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
