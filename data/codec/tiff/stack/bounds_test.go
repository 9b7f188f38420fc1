package stack

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"hpaflow/data/codec/tiff"
	"hpaflow/data/codec/tiff/tifftest"
)

// described writes a file of pages of 4 x 2 pixels of 8 bits, the first with a text.
func described(pages int, text string) []byte {
	all := make([][][4]int, pages)
	for i := range all {
		all[i] = [][4]int{
			{int(tiff.ImageWidth), 3, 1, 4}, {int(tiff.ImageLength), 3, 1, 2}, {int(tiff.BitsPerSample), 3, 1, 8}, {int(tiff.Photometric), 3, 1, tiff.BlackIsZero},
			{int(tiff.StripOffsets), 4, 1, 8}, {int(tiff.StripByteCounts), 4, 1, 8},
		}
	}
	all[0] = append(all[0], [4]int{int(tiff.ImageDescription), 2, len(text), 16})
	return tifftest.Pages([]byte(tifftest.Header+"........"+text), all...)
}

// ome is OME-XML of channels and slices.
func ome(c, z int, inner string) string {
	return fmt.Sprintf(`<OME UUID="urn:uuid:one"><Image><Pixels DimensionOrder="XYCZT" SizeX="4" SizeY="2" SizeC="%d" SizeZ="%d" SizeT="1">%s</Pixels></Image></OME>`, c, z, inner)
}

// measured reads a stack, and how many bytes of memory it asks for.
func measured(t interface{ Fatal(...any) }, b []byte) (*Stack, uint64, error) {
	f, err := tiff.Open(b)
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	s, err := Of(f)
	runtime.ReadMemStats(&after)
	return s, after.TotalAlloc - before.TotalAlloc, err
}

const elsewhere = `<UUID FileName="b.ome.tif">urn:uuid:two</UUID></TiffData>`

// TestClaims: what metadata claims takes no memory beyond what it is written in, and
// more planes than there can be are refused.
func TestClaims(t *testing.T) {
	const refused = "where the file has 1 page and 0 are said to be in others"
	for what, c := range map[string]struct{ text, refused string }{
		"blocks of no file":     {ome(1, most, `<TiffData><UUID/></TiffData>`), ""},
		"slices":                {ome(1, most, ""), refused},
		"slices of one block":   {ome(1, most, `<TiffData/>`), refused},
		"channels":              {ome(1000000, 1, ""), refused},
		"channels of samples":   {ome(1<<16, 1, strings.Repeat(`<Channel SamplesPerPixel="1000000"/>`, 60)), ""},
		"a long name, repeated": {ome(1<<16, 1, `<Channel SamplesPerPixel="1000000" Name="`+strings.Repeat("x", 1<<12)+`"/>`), ""},
		"the same blocks":       {ome(1, most, strings.Repeat(`<TiffData IFD="0" PlaneCount="16777216"/>`, 300)), refused},
		"blocks that go on":     {ome(1, 1<<16, strings.Repeat(`<TiffData IFD="0" PlaneCount="16777216"/>`, 300)), ""},
		"another file":          {ome(1, most, `<TiffData PlaneCount="16777216">`+elsewhere), ""},
		"another file again":    {ome(1, most, strings.Repeat(`<TiffData>`+elsewhere, 300)), ""},
	} {
		_, asked, err := measured(t, described(1, c.text))
		if c.refused == "" && err != nil || c.refused != "" && (err == nil || !strings.Contains(err.Error(), c.refused)) {
			t.Errorf("%s: %v, want %q", what, err, c.refused)
		}
		if asked > 4<<20 {
			t.Errorf("%s: took %d bytes of memory", what, asked)
		}
	}
}

// TestMissingPlanes: a recording that was stopped has some of what its metadata claims.
func TestMissingPlanes(t *testing.T) {
	for what, c := range map[string]struct {
		pages, planes int
		inner         string
		refused       bool
	}{
		"few":                       {1, mostMissing + 1, "", false},
		"too many":                  {1, mostMissing + 2, "", true},
		"in another file":           {1, mostMissing + 3, `<TiffData IFD="0"/><TiffData IFD="0" FirstZ="1" PlaneCount="2">` + elsewhere, false},
		"not enough in the other":   {1, mostMissing + 4, `<TiffData IFD="0"/><TiffData IFD="0" FirstZ="1" PlaneCount="2">` + elsewhere, true},
		"as many as there are":      {mostMissing + 1, 2*mostMissing + 2, "", false},
		"more than as there are":    {mostMissing + 1, 2*mostMissing + 3, "", true},
		"no more than there can be": {1, 3, `<TiffData IFD="0" PlaneCount="16777216"/>`, false},
	} {
		s, _, err := measured(t, described(c.pages, ome(1, c.planes, c.inner)))
		if c.refused {
			if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("1 channel, %d slices, 1 time: %d planes", c.planes, c.planes)) {
				t.Errorf("%s: %v", what, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		if _, _, err := s.Plane(0, 0, 0); err != nil {
			t.Errorf("%s: the first: %v", what, err)
		}
		if _, _, err := s.Plane(0, c.planes-1, 0); err == nil {
			t.Errorf("%s: the last is there", what)
		}
	}
}

// TestBlocks: wherever blocks begin and end, a plane is where the last says that has it.
func TestBlocks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const planes = 40
		var inner strings.Builder
		table := make([]string, planes)
		for z := range table {
			table[z] = "is in no file"
		}
		blocks := rapid.IntRange(1, 12).Draw(t, "blocks")
		for i := range blocks {
			ifd := rapid.IntRange(0, 5).Draw(t, "directory")
			from := rapid.IntRange(0, planes-1).Draw(t, "slice")
			n := rapid.IntRange(0, planes).Draw(t, "planes")
			fmt.Fprintf(&inner, `<TiffData IFD="%d" FirstZ="%d" PlaneCount="%d">`, ifd, from, n)
			other := rapid.Bool().Draw(t, "other")
			if other {
				fmt.Fprintf(&inner, `<UUID FileName="%d.tif">urn:uuid:two</UUID>`, i)
			}
			inner.WriteString(`</TiffData>`)
			for k := range min(n, planes-from) {
				table[from+k] = fmt.Sprintf("whose page %d is not in the file", ifd+k+1)
				if other {
					table[from+k] = fmt.Sprintf("is in another file, %d.tif;", i)
				} else if ifd+k == 0 {
					table[from+k] = ""
				}
			}
		}
		s, _, err := measured(t, described(1, ome(1, planes, inner.String())))
		if err != nil {
			t.Fatal(err)
		}
		for z, want := range table {
			if _, _, err := s.Plane(0, z, 0); want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
				t.Fatalf("slice %d: %v, want %q", z, err, want)
			}
		}
	})
}
