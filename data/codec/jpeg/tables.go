package jpeg

import "encoding/binary"

// zigzag gives row*8+column of each coefficient in the order they are sent
// (T.81, figure A.6).
var zigzag = func() (z [64]uint8) {
	row, col, up := 0, 0, true
	for i := range z {
		z[i] = uint8(row*8 + col)
		switch {
		case up && col == 7:
			row, up = row+1, false
		case up && row == 0:
			col, up = col+1, false
		case up:
			row, col = row-1, col+1
		case row == 7:
			col, up = col+1, true
		case col == 0:
			row, up = row+1, true
		default:
			row, col = row+1, col-1
		}
	}
	return z
}()

// block is the coefficients of 8x8 samples, or their quantisers, each at its
// place: not by rows, but as the inverse transform wants them (see places).
type block [64]int16

// places says where in a block the coefficient of row*8+column is. Vectors of 16
// hold two rows, one coefficient of each in turn: 0 and 4, 2 and 6, 1 and 3, 5 and 7.
// Columns have the same order. So a vector's neighbours are what one multiplication
// takes, in the first pass, and again in the second without much moving (idct.go).
var places = func() (p [64]uint8) {
	order := [8]int{0, 4, 2, 6, 1, 3, 5, 7}
	for i, row := range order {
		for j, col := range order {
			p[row*8+col] = uint8(i/2*16 + j*2 + i%2)
		}
	}
	return p
}()

// sent says where in a block each coefficient is, in the order they are sent.
var sent = func() (s [64]uint8) {
	for i, z := range zigzag {
		s[i] = places[z]
	}
	return s
}()

// quantisers reads DQT: tables of 8 or 16 bits. Those of 16 wrap to int16, as
// they do in libjpeg-turbo.
func (d *decoder) quantisers(b []byte) error {
	for len(b) > 0 {
		wide, id := b[0]>>4, b[0]&15
		if wide > 1 || id > 3 {
			return errorf("quantisation table %d of precision %d", id, wide)
		}
		b = b[1:]
		if len(b) < 64<<wide {
			return errorf("quantisation table %d is cut short", id)
		}
		t := &d.quant[id]
		for i, place := range sent {
			if wide == 0 {
				t[place] = int16(b[i])
			} else {
				t[place] = int16(binary.BigEndian.Uint16(b[2*i:]))
			}
		}
		d.haveQuant[id] = true
		b = b[64<<wide:]
	}
	return nil
}

// huffmans reads DHT.
func (d *decoder) huffmans(b []byte) error {
	for len(b) > 0 {
		class, id := b[0]>>4, b[0]&15
		if class > 1 || id > 3 {
			return errorf("Huffman table %d of class %d", id, class)
		}
		if len(b) < 17 {
			return errorf("Huffman table %d is cut short", id)
		}
		n := 0
		for _, count := range b[1:17] {
			n += int(count)
		}
		if n == 0 || n > 256 {
			return errorf("Huffman table %d has %d codes", id, n)
		}
		if len(b) < 17+n {
			return errorf("Huffman table %d is cut short", id)
		}
		if err := d.huff[class][id].init(b[1:17], b[17:17+n], class == 0); err != nil {
			return err
		}
		b = b[17+n:]
	}
	return nil
}
