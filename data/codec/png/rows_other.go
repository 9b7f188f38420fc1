//go:build !amd64 || purego

package png

import "hpaflow/data"

func split4(planes []data.Plane, pixels []byte) int  { return 0 }
func interleave4(pixels []byte, planes [][]byte) int { return 0 }
func average(dst, cur, left, above []byte) int       { return 0 }
