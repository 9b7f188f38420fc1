//go:build !amd64 || purego

package huffman

func push(out, p []byte, codes *Codes, word, bits uint64) (done, wrote int, newWord, newBits uint64) {
	return 0, 0, word, bits
}

func pushBack(out, p []byte, codes *Codes, word, bits uint64) (done, wrote int, newWord, newBits uint64) {
	return 0, 0, word, bits
}
