//go:build unix

package lzw

import (
	"bytes"
	"testing"

	"hpaflow/data/fence"
)

func TestStaysInside(t *testing.T) {
	var d Decoder
	for seed := range uint64(20) {
		p := material(seed)
		src, dst := fence.End(t, encode(p, seed%5 == 0)), fence.End(t, make([]byte, len(p)))
		if err := d.Decode(dst, src); err != nil || !bytes.Equal(dst, p) {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
}
