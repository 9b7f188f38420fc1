package deflate

// adlerBase is the largest prime below 1<<16.
const adlerBase = 65521

// Adler32 is the checksum of RFC 1950.
func Adler32(p []byte) uint32 { return UpdateAdler32(1, p) }

// UpdateAdler32 goes on with a checksum.
func UpdateAdler32(sum uint32, p []byte) uint32 {
	a, b := sum&0xffff, sum>>16
	for len(p) > 0 {
		n := min(len(p), adlerRun)
		sum, weighted := adlerSums(p[:n])
		b = uint32((uint64(b) + uint64(n)*uint64(a) + uint64(weighted)) % adlerBase)
		a = (a + sum) % adlerBase
		p = p[n:]
	}
	return b<<16 | a
}

// adlerRun is as many bytes as can be summed without overflow.
const adlerRun = 5536

// adlerSumsGo gives the sum of the bytes, and that of each times its place
// counted from the end.
func adlerSumsGo(p []byte) (sum, weighted uint32) {
	for _, v := range p {
		sum += uint32(v)
		weighted += sum
	}
	return sum, weighted
}
