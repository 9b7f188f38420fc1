package shards

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"hpaflow/data"
	"hpaflow/data/npy"
)

const (
	planesSuffix = ".rgby.npy"
	upSuffix     = ".rgby.up.npy"
)

// planesMeta is what KEY.json says of planes.
type planesMeta struct {
	meta
	Width  int    `json:"width"`
	Height int    `json:"height"`
	Depth  int    `json:"depth"`
	Filter string `json:"filter,omitempty"` // of the planes: none, or "up"

	// Planes are the names of the planes; without them they are data.Colours, or have
	// none.
	Planes []string `json:"planes,omitempty"`
}

// EncodeSample makes a frame of a sample's planes. It may be called from many
// goroutines. A key that WebDataset would cut, one with a dot, is an error.
func EncodeSample(s *data.Sample, payload Payload) (Frame, error) {
	im := s.Image
	if err := errors.Join(im.Validate(), payload.Validate()); err != nil {
		return Frame{}, err
	}
	about := About{Key: s.ID, Kind: Planes, Labels: s.Labels, Labeled: s.Labeled, Split: s.Split}
	names := data.OwnPlaneNames(s.Planes)
	if err := checkNames(names, im); err != nil {
		return Frame{}, err
	}
	text, err := marshal(planesMeta{about.meta(), im.Width, im.Height, im.Depth(), payload.filter(), names})
	if err != nil {
		return Frame{}, err
	}
	head := ArrayHead(im)
	return encode(about, array{
		suffix: payload.suffix(), size: int64(len(head)) + im.Bytes(), payload: payload, head: head,
		body: func(b []byte) ([][]byte, []byte) { return keptPlanes(b, im, payload) },
	}, text)
}

// checkNames says why names cannot be those of an image's planes; none can.
func checkNames(names []string, im *data.Image) error {
	if names == nil {
		return nil
	}
	if len(names) != len(im.Planes) {
		return fmt.Errorf("%d names of planes for an image of %d", len(names), len(im.Planes))
	}
	return data.CheckPlaneNames(names)
}

// keptPlanes are the planes as the payload keeps them: as they lie in memory
// where that will do, and made in b where not.
func keptPlanes(b []byte, im *data.Image, payload Payload) (pieces [][]byte, made []byte) {
	asTheyLie := payload != Up && (im.Depth() == 8 || littleEndian)
	if !asTheyLie {
		b = slices.Grow(b, int(im.Bytes()))
	}
	for _, p := range im.Planes {
		if asTheyLie {
			pieces = append(pieces, p.Raw())
			continue
		}
		at := len(b)
		b = AppendPlane(b, p)
		if payload == Up {
			plain := p.Raw()
			if p.U16 != nil && !littleEndian {
				plain = bytes.Clone(b[at:])
			}
			filterUp(b[at:], plain, im.Width*im.Depth()/8, im.Depth())
		}
		pieces = append(pieces, b[at:])
	}
	return pieces, b
}

// DecodeSample reads a frame of planes.
func DecodeSample(packed []byte) (*data.Sample, error) {
	c, err := Decode(packed)
	if err != nil {
		return nil, err
	}
	return c.Sample()
}

// Sample is the content of a frame of planes.
func (c *Content) Sample() (*data.Sample, error) {
	if err := c.want(Planes); err != nil {
		return nil, err
	}
	return &data.Sample{ID: c.Key, Labels: c.Labels, Labeled: c.Labeled, Split: c.Split, Planes: c.Planes, Image: c.Image}, nil
}

// parsePlanes reads an array of planes, whose filter is undone.
func parsePlanes(b []byte, filter string) (*data.Image, error) {
	kind, shape, body, err := npy.Parse(b)
	if err != nil {
		return nil, err
	}
	depth := 8
	switch {
	case kind == "<u2":
		depth = 16
	case kind != "|u1":
		return nil, fmt.Errorf("npy: numbers of type %s are no pixels", kind)
	}
	if len(shape) != 3 {
		return nil, fmt.Errorf("npy: an array of shape %v is no planar image", shape)
	}
	planes, height, width := shape[0], shape[1], shape[2]
	const side = 1 << 24 // keeps the product below within an int
	if planes < 1 || planes > data.MaxPlanes || height < 1 || height > side || width < 1 || width > side ||
		planes*height*width*(depth/8) != len(body) {
		return nil, fmt.Errorf("npy: %d bytes do not hold %d planes of %d x %d pixels of %d bits", len(body), planes, width, height, depth)
	}
	im := data.NewImage(width, height, planes, depth)
	for _, p := range im.Planes {
		stored := body[:p.Size()]
		body = body[p.Size():]
		switch {
		case filter == "":
			fillPlane(p, stored)
		case p.U16 == nil || littleEndian:
			undoUp(p.Raw(), stored, width*depth/8, depth)
		default:
			plain := make([]byte, len(stored))
			undoUp(plain, stored, width*depth/8, depth)
			fillPlane(p, plain)
		}
	}
	return im, nil
}

// ArrayHead is the head of a file of NumPy with an image's planes, of shape (planes, height,
// width).
func ArrayHead(im *data.Image) []byte {
	kind := "|u1"
	if im.Depth() == 16 {
		kind = "<u2"
	}
	return npy.Head(kind, len(im.Planes), im.Height, im.Width)
}

// AppendPlane appends the values of a plane, little-endian.
func AppendPlane(b []byte, p data.Plane) []byte {
	if p.U16 == nil {
		return append(b, p.U8...)
	}
	if littleEndian {
		return append(b, p.Raw()...)
	}
	for _, v := range p.U16 {
		b = binary.LittleEndian.AppendUint16(b, v)
	}
	return b
}

// fillPlane sets a plane to values as AppendPlane writes them.
func fillPlane(p data.Plane, b []byte) {
	if p.U16 == nil || littleEndian {
		copy(p.Raw(), b)
		return
	}
	for i := range p.U16 {
		p.U16[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
}

var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1
