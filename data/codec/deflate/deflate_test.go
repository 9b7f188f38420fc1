package deflate

import (
	"bytes"
	"compress/flate"
	"io"
	"testing"

	"hpaflow/data/huffman"
)

func TestDeflateBlocks(t *testing.T) {
	for seed := range uint64(60) {
		p := material(seed)
		var d Writer
		half := len(p) / 2
		var h huffman.Histogram
		h.Take(p[:half], 1+int(seed%3))
		d.Block(p[:half], &h, false)
		h.Take(p[half:], 4)
		d.Block(p[half:], &h, true)
		d.Align()
		got, err := io.ReadAll(flate.NewReader(bytes.NewReader(d.Out)))
		if err != nil || !bytes.Equal(got, p) {
			t.Fatalf("seed %d, %d bytes: %d bytes come back, %v", seed, len(p), len(got), err)
		}
	}
}
