// Package tifftest writes small TIFFs for tests, directory by directory, as no library
// would: nothing holds what it writes to the format.
package tifftest

import "encoding/binary"

// Header begins a little-endian file that has no page yet.
const Header = "II*\x00\x00\x00\x00\x00"

// Pages writes directories behind what a file has, which begins with Header: each says
// where the next is. A field is its tag, its type, how many values it has, and the
// value or where they are.
func Pages(b []byte, pages ...[][4]int) []byte {
	order := binary.LittleEndian
	pointer := 4
	for _, fields := range pages {
		order.PutUint32(b[pointer:], uint32(len(b)))
		b = order.AppendUint16(b, uint16(len(fields)))
		for _, f := range fields {
			b = order.AppendUint16(order.AppendUint16(b, uint16(f[0])), uint16(f[1]))
			b = order.AppendUint32(order.AppendUint32(b, uint32(f[2])), uint32(f[3]))
		}
		pointer = len(b)
		b = append(b, 0, 0, 0, 0)
	}
	return b
}
