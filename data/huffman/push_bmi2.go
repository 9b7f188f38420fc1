//go:build amd64 && !purego

package huffman

import "hpaflow/data/processor"

// Both write as many bytes of p as suits them, and say how many that were. out
// has room for all the codes of p and 8 bytes more.

func push(out, p []byte, codes *Codes, word, bits uint64) (done, wrote int, newWord, newBits uint64) {
	done = len(p) &^ 3
	if !processor.BMI2 || done == 0 {
		return 0, 0, word, bits
	}
	wrote, newWord, newBits = pushBMI2(&out[0], &p[0], done, (*[256]uint64)(codes), word, bits)
	return done, wrote, newWord, newBits
}

func pushBack(out, p []byte, codes *Codes, word, bits uint64) (done, wrote int, newWord, newBits uint64) {
	done = len(p) &^ 3
	if !processor.BMI2 || done == 0 {
		return 0, 0, word, bits
	}
	wrote, newWord, newBits = pushBackBMI2(&out[0], &p[len(p)-1], done, (*[256]uint64)(codes), word, bits)
	return done, wrote, newWord, newBits
}
