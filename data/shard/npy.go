package shard

import (
	"encoding/binary"
	"errors"
	"fmt"
	"regexp"
	"strconv"

	"hpaflow/data"
)

const (
	npyMagic = "\x93NUMPY\x01\x00"
	npyAlign = 64 // the header ends on a multiple of it
)

// appendNPYHeader appends the head of an array of shape (planes, height, width).
func appendNPYHeader(b []byte, im *data.Image) []byte {
	kind := "|u1"
	if im.Depth() == 16 {
		kind = "<u2"
	}
	header := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%d, %d, %d), }",
		kind, len(im.Planes), im.Height, im.Width)
	fill := npyAlign - (len(npyMagic)+2+len(header)+1)%npyAlign
	b = append(b, npyMagic...)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(header)+fill+1))
	b = append(b, header...)
	for range fill {
		b = append(b, ' ')
	}
	return append(b, '\n')
}

// appendPlane appends the values of a plane, little-endian.
func appendPlane(b []byte, p data.Plane) []byte {
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

// fillPlane sets a plane to values as appendPlane writes them.
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

var npyHeader = regexp.MustCompile(`^\{'descr': '(\|u1|<u2)', 'fortran_order': False, 'shape': \((\d+), (\d+), (\d+)\), \} *\n$`)

// parseNPY reads an array of planes, whose filter is undone.
func parseNPY(b []byte, filter string) (*data.Image, error) {
	head := len(npyMagic) + 2
	if len(b) < head || string(b[:len(npyMagic)]) != npyMagic {
		return nil, errors.New("npy: not a NumPy array of format 1.0")
	}
	end := head + int(binary.LittleEndian.Uint16(b[len(npyMagic):]))
	if end > len(b) {
		return nil, errors.New("npy: the header is cut short")
	}
	m := npyHeader.FindSubmatch(b[head:end])
	if m == nil {
		return nil, fmt.Errorf("npy: header %q is not of a planar image", b[head:end])
	}
	planes, err1 := strconv.Atoi(string(m[2]))
	height, err2 := strconv.Atoi(string(m[3]))
	width, err3 := strconv.Atoi(string(m[4]))
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, fmt.Errorf("npy: %w", err)
	}
	depth := 8
	if m[1][0] == '<' {
		depth = 16
	}
	body := b[end:]
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
