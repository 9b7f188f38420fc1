//go:build !amd64 || purego

package lzw

var bmi2 bool

func (d *Decoder) quick(dst []byte, r *reader, width int) int { return d.quickGo(dst, r, width) }
