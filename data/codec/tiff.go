package codec

import (
	"slices"

	"hpaflow/data"
	"hpaflow/data/codec/tiff"
	"hpaflow/data/codec/tiff/stack"
)

// chosen is what a choice takes of a file: planes of one page's sort.
type chosen struct {
	*stack.Stack
	like        *tiff.Page
	zFrom, zTo  int // slices, of which more than one become one
	t           int
	mean        bool // they become their mean, not their brightest
	choice      Choice
	planes      int // of the image: channels, or colours of a palette
	depth       int
	interpreted bool     // by the range
	colours     []uint64 // of a palette
}

func (c Choice) ofTIFF(b []byte) (*chosen, error) {
	f, err := tiff.Open(b)
	if err != nil {
		return nil, err
	}
	s, err := stack.Of(f)
	if err != nil {
		return nil, err
	}
	n := &chosen{Stack: s, choice: c, mean: c.Z.how == mean}
	if n.like, _, err = s.Plane(0, 0, 0); err != nil {
		// The first may be elsewhere; the one that is wanted is not.
		if n.like, err = f.Page(0); err != nil {
			return nil, err
		}
	}
	if n.zFrom, n.zTo, err = c.Slices(s.Z, s.String()); err == nil {
		n.t, err = c.Time(s.T, s.String())
	}
	if err != nil {
		return nil, n.like.Errorf(tiff.ImageDescription, "%w", err)
	}
	return n, n.sort()
}

// sort finds what planes become, or why they do not.
func (n *chosen) sort() error {
	p := n.like
	switch p.Photometric {
	case tiff.WhiteIsZero, tiff.BlackIsZero, tiff.RGB, tiff.Mask:
	case tiff.YCbCr:
		if !p.IsJPEG() { // whose decoder makes it RGB
			return p.Errorf(tiff.Photometric, "YCbCr is read as JPEG alone; convert it: tiff2rgba IN.tif OUT.tif")
		}
	case tiff.Palette:
		return n.sortPalette()
	default:
		return p.Errorf(tiff.Photometric, "%s is not read; convert it to RGB or grey: convert IN.tif -colorspace sRGB OUT.tif", tiff.PhotometricName(p.Photometric))
	}
	if p.Samples < colours(p) {
		return p.Errorf(tiff.SamplesPerPixel, "%s of %d samples a pixel", tiff.PhotometricName(p.Photometric), p.Samples)
	}
	n.planes, n.depth = n.C, 8*p.Size()
	if p.Format != tiff.Unsigned || p.Bits > 16 {
		if n.choice.ofSlice && n.choice.Range.ofPlane() {
			return p.Errorf(tiff.BitsPerSample, "%d-bit %v samples of slices that are files of their own: by \"min-max\" or \"percentile\" each slice would have "+
				"a range of its own; give range = \"LO HI\" or \"full\"", p.Bits, p.Format)
		}
		if !n.choice.Range.said() {
			return p.Errorf(tiff.BitsPerSample, "%d-bit %v samples have no place in 8 or 16 bits without a rule; give one: "+
				"range = \"min-max\", \"percentile 0.1 99.9\", \"LO HI\" or \"full\"", p.Bits, p.Format)
		}
		if p.Photometric == tiff.WhiteIsZero {
			return p.Errorf(tiff.Photometric, "%d-bit %v samples of which white is zero are not read; write them with black as zero: tiffcp, or bfconvert", p.Bits, p.Format)
		}
		n.depth, n.interpreted = 16, true
	}
	if n.planes > data.MaxPlanes {
		return p.Errorf(tiff.SamplesPerPixel, "it holds %d channels; at most %d planes are read of a file", n.planes, data.MaxPlanes)
	}
	return nil
}

// colours is how many of a pixel's samples are grey or colours, not alpha or
// something else.
func colours(p *tiff.Page) int {
	if p.Photometric == tiff.RGB || p.Photometric == tiff.YCbCr {
		return 3
	}
	return 1
}

func (c Choice) claimTIFF(b []byte) (Claim, error) {
	n, err := c.ofTIFF(b)
	if err != nil {
		return Claim{}, err
	}
	p := n.like
	pixels := int64(p.Width) * int64(p.Height)
	scratch := p.Scratch() + 1
	if n.interpreted || n.zTo-n.zFrom > 1 || n.Combined > 1 && n.Combined != n.C {
		scratch += pixels * int64(p.Size()) * int64(n.Combined)
	}
	if n.zTo-n.zFrom > 1 {
		scratch += pixels * 8
	}
	return Claim{Width: p.Width, Height: p.Height, Channels: n.planes, Depth: n.depth, scratch: scratch}, nil
}

func (c Choice) decodeTIFF(b []byte, alloc allocator) error {
	n, err := c.ofTIFF(b)
	if err != nil {
		return err
	}
	return n.decode(alloc)
}

// decode is format.decode.
func (n *chosen) decode(alloc allocator) error {
	if err := within("TIFF", n.like.Width, n.like.Height); err != nil {
		return err
	}
	// Each page is asked before memory is spent.
	for t, z := n.t, n.zFrom; z < n.zTo; z++ {
		for c := 0; c < n.C; c += n.Combined {
			p, _, err := n.Plane(c, z, t)
			if err == nil {
				err = p.Plausible()
			}
			if err != nil {
				return err
			}
		}
	}
	planes, err := alloc(n.like.Width, n.like.Height, n.planes, n.depth)
	if err != nil {
		return err
	}
	if n.like.Photometric == tiff.Palette {
		return n.lookUp(planes)
	}
	for c := 0; c < n.C; c += n.Combined {
		if err := n.read(planes[c:c+n.Combined], c); err != nil {
			return err
		}
	}
	return nil
}

// read reads the channels of a page, or what becomes of several slices of them.
func (n *chosen) read(planes []data.Plane, c int) error {
	raw := make([][]byte, len(planes))
	for i := range raw {
		if raw[i] = planes[i].Raw(); n.interpreted {
			raw[i] = make([]byte, n.like.Width*n.like.Height*n.like.Size())
		}
	}
	if err := n.project(raw, c); err != nil {
		return err
	}
	for i, p := range planes {
		if n.interpreted {
			n.choice.Range.apply(p.U16, samples{n.like.Format, n.like.Bits, raw[i]})
			continue
		}
		spread(p, n.like.Bits, n.like.Photometric == tiff.WhiteIsZero && i < colours(n.like))
	}
	return nil
}

// project reads a page's channels of one slice, or several slices as one.
func (n *chosen) project(raw [][]byte, c int) error {
	var all []projection
	if n.zTo-n.zFrom > 1 {
		all = make([]projection, len(raw))
		for i := range raw {
			all[i] = newProjection(samples{n.like.Format, n.like.Bits, raw[i]}, n.mean)
		}
	}
	for z := n.zFrom; z < n.zTo; z++ {
		p, _, err := n.Plane(c, z, n.t)
		if err != nil {
			return err
		}
		if err := p.Decode(raw); err != nil {
			return err
		}
		for i := range all {
			all[i].add(raw[i])
		}
	}
	for i := range all {
		all[i].write(raw[i])
	}
	return nil
}

// spread makes samples of less than 8 bits fill 8, as Pillow does, and white the
// largest value.
func spread(p data.Plane, bits int, whiteIsZero bool) {
	most := 1<<bits - 1
	if bits < 8 || bits == 8 && whiteIsZero {
		var table [256]uint8
		for v := range most + 1 {
			to := v
			if whiteIsZero {
				to = most - v
			}
			table[v] = uint8((to*255 + most/2) / most)
		}
		for i, v := range p.U8 {
			p.U8[i] = table[v]
		}
		return
	}
	if whiteIsZero {
		for i, v := range p.U16 {
			p.U16[i] = uint16(most) - v
		}
	}
}

// isOnePlane refuses channels that are no colours, of which no grey is made.
func (n *chosen) isOnePlane() error {
	if n.planes == 1 || n.C == n.Combined && (colours(n.like) == 3 || n.like.Photometric == tiff.Palette) {
		return nil
	}
	if n.C == 2 && n.Combined == 2 && slices.ContainsFunc(n.like.Extra, func(v uint64) bool { return v == 1 || v == 2 }) { // grey and alpha
		return nil
	}
	return n.like.Errorf(tiff.SamplesPerPixel, "it holds %s, where one plane is wanted; write each channel to a file of its own, ID_CHANNEL.tif: bfconvert IN.tif OUT_%%c.tif", n.Stack)
}
