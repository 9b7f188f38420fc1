//go:build !amd64 || purego

package kernels

func fastTiles() []tile { return nil }
