//go:build !amd64 || purego

package pixel

// Without assembly nothing is done fast, and the plain loops do it all.

var avx2 = false

func fastTranspose(dst []uint8, dstStride int, src []uint8, srcStride, width int) int { return 0 }
func fastPack(dst []uint8, planes *[4][]uint8) int                                    { return 0 }
func fastUnpack(planes *[4][]uint8, src []uint8) int                                  { return 0 }
func fastFlip(dst, src []uint8) int                                                   { return 0 }
func fastLookup(dst, src []uint8, table *[256]uint8) int                              { return 0 }
func fastSums(src []uint8) (sum, squares uint64, done int)                            { return 0, 0, 0 }
func fastNormalise(dst []float32, src []uint8, mean, deviation float32) int           { return 0 }
func fastSlide(sum []uint16, add, drop []uint8) int                                   { return 0 }
func fastBox(dst []uint8, sum []uint16, size int) int                                 { return 0 }
func fastLine(dst []uint8, taps []*uint8, scale uint16) int                           { return 0 }
func fastStretch(dst []int16, src []uint8, offsets []int32, weights [][2]int16) int   { return 0 }
func fastBlend(dst []uint8, top, bottom []int16, wTop, wBottom int32) int             { return 0 }
func fastHalve(dst, top, bottom []uint8) int                                          { return 0 }
func fastMix(dst []uint8, dstStride int, src []uint8, stride int, plan []mixture, blocks int) int {
	return 0
}
func fastWarp(dst []uint8, s *surface, dx, dy []int32, x0, y0 int32) bool { return false }
