package unpack

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"io"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// Every packing fills what it is given, and refuses more, less and damage.
func TestUnpack(t *testing.T) {
	want := bytes.Repeat([]byte("cells of a plate, "), 300)
	written := func(w io.WriteCloser, b *bytes.Buffer) []byte {
		if _, err := w.Write(want); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	var z, g, s bytes.Buffer
	named := gzip.NewWriter(&g)
	named.Name = "chunk"
	frames, err := zstd.NewWriter(&s, zstd.WithEncoderCRC(true))
	if err != nil {
		t.Fatal(err)
	}
	block := make([]byte, lz4.CompressBlockBound(len(want)))
	n, err := lz4.CompressBlock(want, block, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, of := range map[string]struct {
		unpack func(dst, src []byte) error
		packed []byte
		checks bool
	}{
		"zlib": {Zlib, written(zlib.NewWriter(&z), &z), true}, "gzip": {Gzip, written(named, &g), true},
		"zstd": {Zstd, written(frames, &s), true}, "lz4": {LZ4, block[:n], false},
	} {
		dst := make([]byte, len(want)+1)
		if err := of.unpack(dst[:len(want):len(want)], of.packed); err != nil || !bytes.Equal(dst[:len(want)], want) {
			t.Errorf("%s: %v", name, err)
		}
		if err := of.unpack(dst, of.packed); err == nil {
			t.Errorf("%s: less than there should be is no error", name)
		}
		if err := of.unpack(dst[:len(want)-1:len(want)-1], of.packed); err == nil {
			t.Errorf("%s: more than there should be is no error", name)
		}
		for cut := range of.packed {
			if err := of.unpack(dst[:len(want)], of.packed[:cut]); err == nil {
				t.Errorf("%s: %d of %d bytes are enough", name, cut, len(of.packed))
			}
		}
		damaged := bytes.Clone(of.packed)
		damaged[len(damaged)-5] ^= 1
		if err := of.unpack(dst[:len(want)], damaged); err == nil && of.checks {
			t.Errorf("%s: a damaged stream is no error", name)
		}
	}
}
