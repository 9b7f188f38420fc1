package blosc

import (
	"errors"
	"io"
)

var errReach = errors.New("blosclz: a match begins before the first byte")

// nearest is how far a match of two bytes reaches; what is farther has its distance
// from there in two bytes more.
const nearest = 8191

// unBloscLZ fills dst. A stream is of literals, a byte of their count less one (below
// 32) and themselves, and of matches: a byte of length in its upper 3 bits and
// distance in the lower 5, bytes of length while they are 255, and a byte of distance.
func unBloscLZ(dst, src []byte) error {
	if len(src) == 0 {
		return io.ErrUnexpectedEOF
	}
	at, to := 1, 0
	control := int(src[0] & 31)
	for {
		if control < 32 {
			n := control + 1
			if n > len(dst)-to || n > len(src)-at {
				return errBloscLZ
			}
			copy(dst[to:to+n], src[at:])
			to, at = to+n, at+n
		} else {
			length, distance := control>>5-1, control&31<<8
			if length == 6 {
				for more := 255; more == 255; {
					if at+1 >= len(src) {
						return errBloscLZ
					}
					more = int(src[at])
					length += more
					if at++; length > len(dst) {
						return errBloscLZ
					}
				}
			}
			if at >= len(src) {
				return errBloscLZ
			}
			low := int(src[at])
			at++
			length += 3
			if low == 255 && distance == 31<<8 {
				if len(src)-at < 2 {
					return errBloscLZ
				}
				distance, low = int(src[at])<<8|int(src[at+1]), nearest
				at += 2
			}
			from := to - distance - low - 1
			if from < 0 {
				return errReach
			}
			if length > len(dst)-to {
				return errBloscLZ
			}
			repeat(dst, to, from, length)
			to += length
		}
		if at >= len(src) {
			break
		}
		control = int(src[at])
		at++
	}
	if to != len(dst) {
		return io.ErrUnexpectedEOF
	}
	return nil
}

var errBloscLZ = errors.New("blosclz: bad compressed stream")

// repeat copies bytes from an earlier place, of which some may be copies themselves.
func repeat(dst []byte, to, from, n int) {
	for n > 0 {
		k := copy(dst[to:to+n], dst[from:to])
		to, n = to+k, n-k
	}
}
