//go:build unix

package deflate

import (
	"bytes"
	"testing"

	"hpaflow/data/fence"
)

// TestStaysInside decompresses between fences: nothing beyond the last byte is
// scratch.
func TestStaysInside(t *testing.T) {
	var z Inflater
	for seed := range uint64(18) {
		p := material(seed)
		src := fence.End(t, deflated(t, p, []int{-2, 1, 9}[seed%3]))
		dst := fence.End(t, make([]byte, len(p)))
		if _, err := z.Inflate(dst, src); err != nil || !bytes.Equal(dst, p) {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
}
