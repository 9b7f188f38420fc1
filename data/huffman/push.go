package huffman

import "encoding/binary"

// Codes are what is written for each byte. An entry has the code at its top,
// the bit that is written last highest, and at its bottom the code's length, 13
// bits at most.
type Codes [256]uint64

// Set enters a code of n bits; bit 0 is written first.
func (c *Codes) Set(symbol byte, code uint32, n uint8) {
	c[symbol] = uint64(code)<<(64-n&63) | uint64(n)
}

// MaxBits is the longest code: four of them, the seven bits of a byte that is not
// full, and the four of a length fit into 64 bits.
const MaxBits = 13

// Room is how much memory writing n bytes takes, whatever their codes.
func Room(n int) int { return n*MaxBits/8 + 16 }

// Bits is a stream of bits that does not end at a byte: the last of them, less
// than 8, from bit 0 on.
type Bits struct {
	Word uint64
	N    uint
}

// Push writes the codes of p to out, from bit 0 of each byte up, after the bits,
// and gives how many whole bytes that made. The rest is in the bits. out has
// Room(len(p)) bytes.
//
// Codes are pushed in at the top of a word: shifting the word by an entry and
// or-ing the entry in is all there is to do. What that leaves at the bottom of the
// word is never written.
func (b *Bits) Push(out, p []byte, codes *Codes) int {
	out = out[:Room(len(p))]
	word, bits := b.Word<<(64-b.N&63), uint64(b.N)
	done, wrote, word, bits := push(out, p, codes, word, bits)
	for _, v := range p[done:] {
		step(out, &wrote, &word, &bits, codes[v])
	}
	b.set(word, bits)
	return wrote
}

// PushBack is Push of the bytes from the last to the first.
func (b *Bits) PushBack(out, p []byte, codes *Codes) int {
	out = out[:Room(len(p))]
	word, bits := b.Word<<(64-b.N&63), uint64(b.N)
	done, wrote, word, bits := pushBack(out, p, codes, word, bits)
	for i := len(p) - 1 - done; i >= 0; i-- {
		step(out, &wrote, &word, &bits, codes[p[i]])
	}
	b.set(word, bits)
	return wrote
}

func step(out []byte, wrote *int, word, bits *uint64, entry uint64) {
	*word = *word>>(entry&63) | entry
	*bits = (*bits + entry) & 63
	binary.LittleEndian.PutUint64(out[*wrote:], *word>>(-*bits&63))
	*wrote += int(*bits >> 3)
	*bits &= 7
}

func (b *Bits) set(word, bits uint64) {
	b.Word, b.N = 0, uint(bits)
	if bits > 0 {
		b.Word = word >> (64 - bits)
	}
}
