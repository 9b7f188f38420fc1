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

// appendNPY appends an image as an array of shape (planes, height, width).
func appendNPY(b []byte, im *data.Image) []byte {
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
	b = append(b, '\n')
	for _, p := range im.Planes {
		b = append(b, p.U8...)
		for _, v := range p.U16 {
			b = binary.LittleEndian.AppendUint16(b, v)
		}
	}
	return b
}

var npyHeader = regexp.MustCompile(`^\{'descr': '(\|u1|<u2)', 'fortran_order': False, 'shape': \((\d+), (\d+), (\d+)\), \} *\n$`)

// parseNPY reads what appendNPY writes.
func parseNPY(b []byte) (*data.Image, error) {
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
		copy(p.U8, body)
		for i := range p.U16 {
			p.U16[i] = binary.LittleEndian.Uint16(body[2*i:])
		}
		body = body[p.Size():]
	}
	return im, nil
}
