//go:build !purego

package kernels

import "golang.org/x/sys/cpu"

func fastTiles() []tile {
	var list []tile
	if cpu.X86.HasAVX512F {
		list = append(list, tile{"avx512", 8, 32, tileAVX512})
	}
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		list = append(list, tile{"avx2", 6, 16, tileAVX2})
	}
	return list
}
