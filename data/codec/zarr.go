package codec

import (
	"fmt"

	"hpaflow/data/codec/tiff"
	"hpaflow/data/zarr"
)

// piece is what a choice takes of a piece of an array: one channel at one time.
type piece struct {
	*zarr.Extract
	like        samples
	zFrom, zTo  int // slices, of which more than one become one
	mean        bool
	depth       int
	interpreted bool // by the range
	choice      Choice
}

func (c Choice) ofZarr(b []byte) (*piece, error) {
	e, err := zarr.ReadExtract(b)
	if err != nil {
		return nil, err
	}
	if e.View.X < 0 || e.View.Y < 0 {
		return nil, fmt.Errorf("a piece of an array without x and y")
	}
	t := e.Array.Type
	p := &piece{Extract: e, like: samples{format: tiff.Format(0), bits: 8 * t.Size}, choice: c, depth: 8 * t.Size, zTo: 1}
	p.like.format = map[zarr.Kind]tiff.Format{zarr.Unsigned: tiff.Unsigned, zarr.Signed: tiff.Signed, zarr.Float: tiff.Float}[t.Kind]
	if t.Kind != zarr.Unsigned || t.Size > 2 {
		if !c.Range.said() {
			return nil, fmt.Errorf("%v numbers have no place in 8 or 16 bits without a rule; give one: "+
				"range = \"min-max\", \"percentile 0.1 99.9\", \"LO HI\" or \"full\"", t)
		}
		p.depth, p.interpreted = 16, true
	}
	return p, p.slices()
}

// slices are those that the choice takes of the piece. Where it says nothing, whoever
// has got the piece has chosen.
func (p *piece) slices() error {
	z := p.View.Z
	if z < 0 {
		_, _, err := p.choice.Slices(1, "1 slice")
		return err
	}
	p.zFrom, p.zTo = p.Lo[z], p.Hi[z]
	pick := p.choice.Z
	how := pick.Projection()
	if how == "" {
		how = p.View.Project
	}
	switch n := p.Array.Shape[z]; {
	case pick.how == one && pick.number < n && (pick.number < p.zFrom || pick.number >= p.zTo):
		return fmt.Errorf("z = %d: the source has got %d to %d; give it the same z", pick.number, p.zFrom, p.zTo-1)
	case pick.how == one:
		var err error
		p.zFrom, p.zTo, err = p.choice.Slices(n, fmt.Sprintf("%d slices", n))
		return err
	case p.zTo-p.zFrom > 1 && how == "":
		return fmt.Errorf("it holds %d slices; choose by z = 0 to %d%s", n, n-1, moreSlices)
	}
	p.mean = how == "mean"
	return nil
}

// groups are the slices that are decoded together.
func (p *piece) groups() (list [][2]int) {
	if p.zTo-p.zFrom == 1 {
		return [][2]int{{p.zFrom, p.zTo}}
	}
	return p.Groups()
}

func (c Choice) claimZarr(b []byte) (Claim, error) {
	p, err := c.ofZarr(b)
	if err != nil {
		return Claim{}, err
	}
	claim := Claim{Channels: 1, Depth: p.depth}
	claim.Width, claim.Height = p.Size()
	plane := claim.Pixels() * int64(p.Array.Type.Size)
	claim.scratch = 2 * p.Array.ChunkBytes() // and as much again before it is unshuffled
	if p.interpreted {
		claim.scratch += plane
	}
	if p.zTo-p.zFrom > 1 {
		most := 0
		for _, g := range p.groups() {
			most = max(most, g[1]-g[0])
		}
		claim.scratch += plane*int64(most) + 8*claim.Pixels()
	}
	return claim, nil
}

func (c Choice) decodeZarr(b []byte, alloc allocator) error {
	p, err := c.ofZarr(b)
	if err != nil {
		return err
	}
	width, height := p.Size()
	if err := within("OME-Zarr", width, height); err != nil {
		return err
	}
	planes, err := alloc(width, height, 1, p.depth)
	if err != nil {
		return err
	}
	raw := planes[0].Raw()
	if p.interpreted {
		raw = make([]byte, width*height*p.Array.Type.Size)
	}
	if err := p.project(raw); err != nil {
		return err
	}
	if p.interpreted {
		c.Range.apply(planes[0].U16, samples{p.like.format, p.like.bits, raw})
	}
	return nil
}

// project reads one slice, or several as one.
func (p *piece) project(raw []byte) error {
	if p.zTo-p.zFrom == 1 {
		return p.Place(raw, p.zFrom, p.zTo)
	}
	all := newProjection(samples{p.like.format, p.like.bits, raw}, p.mean)
	var slices []byte
	for _, g := range p.groups() {
		n := (g[1] - g[0]) * len(raw)
		if cap(slices) < n {
			slices = make([]byte, n)
		}
		if err := p.Place(slices[:n], g[0], g[1]); err != nil {
			return err
		}
		for at := 0; at < n; at += len(raw) {
			all.add(slices[at : at+len(raw)])
		}
	}
	all.write(raw)
	return nil
}
