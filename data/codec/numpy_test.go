package codec

import (
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"testing"

	"hpaflow/data/npy"
)

// Arrays of NumPy are images of either order; those of package sources/webdataset are
// NumPy's own.
func TestArrays(t *testing.T) {
	wide := []byte{1, 0, 2, 0, 3, 0, 4, 0}
	many := npy.Head("<u2", 17, 1, 2)
	for i := range 34 {
		many = binary.LittleEndian.AppendUint16(many, uint16(1000*(i%2)+i/2))
	}
	floats := npy.Head("<f4", 1, 2)
	for _, v := range []float32{.5, 1} {
		floats = binary.LittleEndian.AppendUint32(floats, math.Float32bits(v))
	}
	full, err := ParseRange("full")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		b      []byte
		want   []int // of the last plane
		planes int
		choice Choice
	}{
		"planar":      {append(npy.Head("<u2", 2, 1, 2), wide...), []int{3, 4}, 2, Choice{}},
		"one plane":   {append(npy.Head("|u1", 2, 4), wide...), []int{1, 0, 2, 0, 3, 0, 4, 0}, 1, Choice{}},
		"interleaved": {many, seq(1000, 17), 2, Choice{}},
		"floats":      {floats, []int{32768, 65535}, 1, Choice{Range: full}},
	} {
		im, err := c.choice.DecodeChannels("a.npy", c.b)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		claim, err := c.choice.ReadClaim("a.npy", c.b)
		if err != nil || claim.Width != im.Width || claim.Height != im.Height || claim.Channels != c.planes || claim.Depth != im.Depth() {
			t.Errorf("%s: claims %+v, %v", name, claim, err)
		}
		if got := values(im.Planes[len(im.Planes)-1]); len(im.Planes) != c.planes || !slices.Equal(got, c.want) {
			t.Errorf("%s: %d planes, the last %v, want %v", name, len(im.Planes), got, c.want)
		}
	}
	for want, b := range map[string][]byte{
		"do not hold an array": append(npy.Head("|u1", 3, 3), 1, 2),
		"without a rule":       floats,
		"are no pixels":        append(npy.Head("<c8", 1, 1), wide...),
		"is no image":          append(npy.Head("|u1", 17, 17, 17), make([]byte, 17*17*17)...),
		"claims":               npy.Head("|u1", 1<<20, 1<<20),
		"at most":              npy.Head("|u1", 1<<32, 1<<32), // times one another 0 in 64 bits
	} {
		if _, err := DecodeChannels("a.npy", b); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func seq(from, n int) (list []int) {
	for i := range n {
		list = append(list, from+i)
	}
	return list
}

// FuzzArray: what is decoded is as large as it claims.
func FuzzArray(f *testing.F) {
	f.Add(append(npy.Head("<u2", 2, 1, 2), 1, 2, 3, 4, 5, 6, 7, 8))
	f.Add(append(npy.Head("<f4", 1, 1), 0, 0, 0, 0))
	f.Fuzz(func(t *testing.T, b []byte) {
		b = append([]byte("\x93NUMPY"), b...)
		im, err := DecodeChannels("", b)
		if err != nil {
			return
		}
		claim, err := ReadClaim("", b)
		if err != nil || claim.Width != im.Width || claim.Channels != len(im.Planes) || im.Validate() != nil {
			t.Fatalf("%+v, %v", claim, err)
		}
	})
}
