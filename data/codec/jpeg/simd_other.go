//go:build !amd64 || purego

package jpeg

// Without assembly nothing is done fast, and the plain loops do it all.

var avx2 = false

func fastAcross(dst, in []byte) int           { return 0 }
func fastBoth(dst, near, next []byte) int     { return 0 }
func fastColours(out, in *[3][]byte) int      { return 0 }
func fastGreys(out []byte, in *[3][]byte) int { return 0 }

func idct(dst []byte, stride int, b, quant *block) { idctGo(dst, stride, b, quant) }
