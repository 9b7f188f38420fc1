package shards

import "encoding/binary"

// The Up filter keeps the difference of each value from the one above it, modulo
// 256, or 65536 for 16 bits. Rows are worked on in words of eight bytes, whose
// lanes, of 8 or 16 bits, are kept from carrying into one another.

// laneTops has the top bit of each lane of 8 or 16 bits set.
func laneTops(depth int) uint64 {
	if depth == 16 {
		return 0x8000800080008000
	}
	return 0x8080808080808080
}

// filterUp sets dst to plane less the row above; plane is rows of row bytes, of
// little-endian values.
func filterUp(dst, plane []byte, row, depth int) {
	top := laneTops(depth)
	copy(dst[:row], plane)
	above, cur, dst := plane[:len(plane)-row], plane[row:], dst[row:len(plane)]
	for ; len(dst) >= 8; dst, cur, above = dst[8:], cur[8:], above[8:] {
		a, b := binary.LittleEndian.Uint64(cur), binary.LittleEndian.Uint64(above)
		binary.LittleEndian.PutUint64(dst, ((a|top)-(b&^top))^((a^^b)&top))
	}
	if depth == 16 {
		for ; len(dst) >= 2; dst, cur, above = dst[2:], cur[2:], above[2:] {
			binary.LittleEndian.PutUint16(dst, binary.LittleEndian.Uint16(cur)-binary.LittleEndian.Uint16(above))
		}
	}
	for i := range dst {
		dst[i] = cur[i] - above[i]
	}
}

// undoUp is the inverse of filterUp, from src into plane.
func undoUp(plane, src []byte, row, depth int) {
	top := laneTops(depth)
	copy(plane[:row], src)
	for at := row; at < len(plane); at += row {
		above, cur, dst := plane[at-row:at], src[at:at+row], plane[at:at+row]
		for ; len(dst) >= 8; dst, cur, above = dst[8:], cur[8:], above[8:] {
			a, b := binary.LittleEndian.Uint64(cur), binary.LittleEndian.Uint64(above)
			binary.LittleEndian.PutUint64(dst, ((a&^top)+(b&^top))^((a^b)&top))
		}
		if depth == 16 {
			for ; len(dst) >= 2; dst, cur, above = dst[2:], cur[2:], above[2:] {
				binary.LittleEndian.PutUint16(dst, binary.LittleEndian.Uint16(cur)+binary.LittleEndian.Uint16(above))
			}
		}
		for i := range dst {
			dst[i] = cur[i] + above[i]
		}
	}
}
