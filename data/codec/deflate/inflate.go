package deflate

import (
	"encoding/binary"
	"errors"
)

// ErrStream says that a stream is not what its reader needs: damaged, cut, or of
// another size.
var ErrStream = errors.New("deflate: bad compressed stream")

// Inflater decompresses DEFLATE (RFC 1951) into a buffer of known size.
//
// The next bits of the stream wait in a 64-bit word, which is topped up by one
// unaligned load, and one look at a table yields up to three literals. Away from
// the ends of input and output nothing is checked but that a match begins within
// what has been written.
type Inflater struct {
	lit  [tableSize]uint32
	dist [distTableSize]uint32

	lengths [maxLit + maxDist]uint8
	code    code
	fixed   bool // the tables are those of the fixed code

	src   []byte
	at    int    // the next byte of src
	word  uint64 // bits not consumed yet; those above bits are those of src[at:]
	bits  int    // how many of word are counted as read; negative once the stream has ended too early
	dst   []byte
	wrote int
}

// Inflate fills dst from a stream of RFC 1951 and gives how many bytes of src the
// stream took. Any other size of output is an error; dst then holds anything.
func (z *Inflater) Inflate(dst, src []byte) (int, error) {
	n := len(dst)
	z.src, z.at, z.word, z.bits = src, 0, 0, 0
	z.dst, z.wrote = dst, 0
	defer z.release()
	for final := false; !final; {
		z.refill()
		final = z.take(1) == 1
		var err error
		switch z.take(2) {
		case 0:
			err = z.stored(n)
		case 1:
			z.fixedCode()
			err = z.block(n)
		case 2:
			if err = z.dynamicCode(); err == nil {
				err = z.block(n)
			}
		default:
			err = ErrStream
		}
		if err != nil {
			return 0, err
		}
	}
	if z.wrote != n || z.bits < 0 {
		return 0, ErrStream
	}
	return z.at - z.bits/8, nil
}

// release lets go of what belongs to callers.
func (z *Inflater) release() { z.src, z.dst = nil, nil }

// refill brings the word to at least 56 bits, or to the end of the stream.
func (z *Inflater) refill() {
	if z.at+8 <= len(z.src) && z.bits >= 0 {
		z.word |= binary.LittleEndian.Uint64(z.src[z.at:]) << (z.bits & 63)
		z.at += (63 - z.bits) >> 3
		z.bits |= 56
		return
	}
	for z.bits >= 0 && z.bits < 56 && z.at < len(z.src) {
		z.word |= uint64(z.src[z.at]) << (z.bits & 63)
		z.at++
		z.bits += 8
	}
}

// take consumes n bits.
func (z *Inflater) take(n int) int {
	v := int(z.word & (1<<n - 1))
	z.word >>= n
	z.bits -= n
	return v
}

// stored copies a block as it is.
func (z *Inflater) stored(n int) error {
	if z.bits < 0 {
		return ErrStream
	}
	z.at -= z.bits / 8
	z.word, z.bits = 0, 0
	if len(z.src)-z.at < 4 {
		return ErrStream
	}
	size := int(binary.LittleEndian.Uint16(z.src[z.at:]))
	if size != int(^binary.LittleEndian.Uint16(z.src[z.at+2:])) {
		return ErrStream
	}
	z.at += 4
	if size > len(z.src)-z.at || size > n-z.wrote {
		return ErrStream
	}
	copy(z.dst[z.wrote:], z.src[z.at:z.at+size])
	z.at += size
	z.wrote += size
	return nil
}

func (z *Inflater) fixedCode() {
	if z.fixed {
		return
	}
	var lengths [288]uint8
	for i := range lengths {
		switch {
		case i < 144:
			lengths[i] = 8
		case i < 256:
			lengths[i] = 9
		case i < 280:
			lengths[i] = 7
		default:
			lengths[i] = 8
		}
	}
	z.code.init(lengths[:])
	z.code.fill(z.lit[:], litBits, litSymbol)
	z.code.join(&z.lit)
	for i := range 32 {
		lengths[i] = 5
	}
	z.code.init(lengths[:32])
	z.code.fill(z.dist[:], distBits, distanceSymbol)
	z.fixed = true
}

// lengthOrder is the order in which a block gives the lengths of the codes of
// code lengths.
var lengthOrder = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// dynamicCode reads the codes of a block.
func (z *Inflater) dynamicCode() error {
	z.fixed = false
	nlit, ndist, ncode := z.take(5)+257, z.take(5)+1, z.take(4)+4
	if nlit > maxLit || ndist > maxDist {
		return ErrStream
	}
	var lengths [19]uint8
	for _, symbol := range lengthOrder[:ncode] {
		z.refill()
		lengths[symbol] = uint8(z.take(3))
	}
	if !z.code.init(lengths[:]) {
		return ErrStream
	}
	var table [1 << 7]uint32
	z.code.fill(table[:], 7, func(s uint16) uint32 { return kindCopy | uint32(s)<<valueShift })
	all := z.lengths[:nlit+ndist]
	for i := 0; i < len(all); {
		z.refill()
		e := table[z.word&(1<<7-1)]
		if e == 0 || z.bits < 0 {
			return ErrStream
		}
		z.take(int(e & consumedMask))
		symbol, repeat := uint8(e>>valueShift), 0
		switch symbol {
		case 16:
			if i == 0 {
				return ErrStream
			}
			symbol, repeat = all[i-1], 3+z.take(2)
		case 17:
			symbol, repeat = 0, 3+z.take(3)
		case 18:
			symbol, repeat = 0, 11+z.take(7)
		default:
			repeat = 1
		}
		if repeat > len(all)-i {
			return ErrStream
		}
		for range repeat {
			all[i] = symbol
			i++
		}
	}
	if !z.code.init(all[:nlit]) {
		return ErrStream
	}
	z.code.fill(z.lit[:], litBits, litSymbol)
	z.code.join(&z.lit)
	if !z.code.init(all[nlit:]) {
		return ErrStream
	}
	z.code.fill(z.dist[:], distBits, distanceSymbol)
	return nil
}

// block decodes to the end of a block: quickly as far as that goes, and then
// symbol by symbol.
func (z *Inflater) block(n int) error {
	if z.bits < 0 {
		return ErrStream
	}
	if done, err := z.quick(n); done || err != nil {
		return err
	}
	for {
		z.refill()
		e := z.lit[z.word&(1<<litBits-1)]
		if e&kindMask == kindSecond && e&literalMask == 0 {
			z.take(litBits)
			e = z.lit[(int(e>>valueShift&valueMask)+int(z.word&(1<<(e>>extraShift&extraMask)-1)))&(tableSize-1)]
		}
		from := z.word // where a length's extra bits are
		z.take(int(e & consumedMask))
		if z.bits < 0 {
			return ErrStream
		}
		if count := int(e >> countShift & 3); count > 0 {
			if count > n-z.wrote {
				return ErrStream
			}
			for ; count > 0; count-- {
				e >>= valueShift
				z.dst[z.wrote] = byte(e)
				z.wrote++
			}
			continue
		}
		switch e & kindMask {
		case kindEnd:
			return nil
		case kindCopy:
		default:
			return ErrStream
		}
		length := number(e, from)
		z.refill()
		e = z.dist[z.word&(1<<distBits-1)]
		if e&kindMask == kindSecond {
			z.take(distBits)
			e = z.dist[(int(e>>valueShift&valueMask)+int(z.word&(1<<(e>>extraShift&extraMask)-1)))&(distTableSize-1)]
		}
		distance := number(e, z.word)
		z.take(int(e & consumedMask))
		if e == 0 || z.bits < 0 || distance > z.wrote || length > n-z.wrote {
			return ErrStream
		}
		for range length {
			z.dst[z.wrote] = z.dst[z.wrote-distance]
			z.wrote++
		}
	}
}

// number is the length or distance of an entry whose bits begin a word: its base,
// and the extra bits behind the code.
func number(e uint32, word uint64) int {
	consumed, extra := e&consumedMask, e>>extraShift&extraMask
	return int(e>>valueShift&valueMask) + int(word&(1<<consumed-1)>>((consumed-extra)&63))
}

// turn is what quick may write in one: the longest copy, the literals that may
// come before it, and what copies in whole words run over.
const turn = 258 + 4*3 + 16

// quickGo decodes while a turn can neither run out of input nor of output. It is
// true when it came to the end of the block.
func (z *Inflater) quickGo(n int) (done bool, err error) {
	src, dst := z.src, z.dst
	at, word, wrote := z.at, z.word, z.wrote
	have := uint(z.bits)
	lit, dist := &z.lit, &z.dist
	lastIn, lastOut := len(src)-16, n-turn
turns:
	for at <= lastIn && wrote <= lastOut {
		word |= binary.LittleEndian.Uint64(src[at:]) << (have & 63)
		at += int(63-have) >> 3
		have |= 56
		// Three looks at the table, of 36 bits at most, leave 20: just enough for a
		// fourth that gives literals, or a length and its extra bits.
		e := lit[word&(1<<litBits-1)]
		if e&literalMask != 0 {
			binary.LittleEndian.PutUint32(dst[wrote:], e>>valueShift)
			wrote += int(e >> countShift & 3)
			word >>= e & consumedMask
			have -= uint(e & consumedMask)
			e = lit[word&(1<<litBits-1)]
			if e&literalMask != 0 {
				binary.LittleEndian.PutUint32(dst[wrote:], e>>valueShift)
				wrote += int(e >> countShift & 3)
				word >>= e & consumedMask
				have -= uint(e & consumedMask)
				e = lit[word&(1<<litBits-1)]
				if e&literalMask != 0 {
					binary.LittleEndian.PutUint32(dst[wrote:], e>>valueShift)
					wrote += int(e >> countShift & 3)
					word >>= e & consumedMask
					have -= uint(e & consumedMask)
					e = lit[word&(1<<litBits-1)]
					if e&literalMask != 0 {
						binary.LittleEndian.PutUint32(dst[wrote:], e>>valueShift)
						wrote += int(e >> countShift & 3)
						word >>= e & consumedMask
						have -= uint(e & consumedMask)
						continue
					}
				}
			}
		}
		if e&kindMask == kindSecond {
			word >>= litBits
			have -= litBits
			e = lit[(uint64(e>>valueShift&valueMask)+word&(1<<(e>>extraShift&extraMask)-1))&(tableSize-1)]
		}
		before := word
		word >>= e & consumedMask
		have -= uint(e & consumedMask)
		if e&literalMask != 0 {
			dst[wrote] = byte(e >> valueShift)
			wrote++
			continue
		}
		switch e & kindMask {
		case kindEnd:
			done = true
			break turns
		case kindCopy:
		default:
			err = ErrStream
			break turns
		}
		length := number(e, before)

		word |= binary.LittleEndian.Uint64(src[at:]) << (have & 63)
		at += int(63-have) >> 3
		have |= 56
		e = dist[word&(1<<distBits-1)]
		if e&kindMask == kindSecond {
			word >>= distBits
			have -= distBits
			e = dist[(uint64(e>>valueShift&valueMask)+word&(1<<(e>>extraShift&extraMask)-1))&(distTableSize-1)]
		}
		distance := number(e, word)
		word >>= e & consumedMask
		have -= uint(e & consumedMask)
		if e == 0 || distance > wrote {
			err = ErrStream
			break
		}
		from := wrote - distance
		end := wrote + length
		switch {
		case distance >= 8:
			for {
				binary.LittleEndian.PutUint64(dst[wrote:], binary.LittleEndian.Uint64(dst[from:]))
				wrote, from = wrote+8, from+8
				if wrote >= end {
					break
				}
			}
		case distance == 1:
			pattern := uint64(dst[from]) * 0x0101010101010101
			for ; wrote < end; wrote += 8 {
				binary.LittleEndian.PutUint64(dst[wrote:], pattern)
			}
		default:
			for ; wrote < end; wrote, from = wrote+1, from+1 {
				dst[wrote] = dst[from]
			}
		}
		wrote = end
	}
	z.at, z.word, z.bits, z.wrote = at, word, int(have), wrote
	// Bits above those counted are read again by the careful refill.
	z.word &= 1<<(have&63) - 1
	return done, err
}
