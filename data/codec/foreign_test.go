package codec

import (
	"strings"
	"testing"
)

// Formats that are known and not read are refused with the command that converts
// them: by their first bytes, and in a list of names by their ending.
func TestForeign(t *testing.T) {
	for _, c := range []struct{ name, head, want string }{
		{"a.nd2", "\xda\xce\xbe\x0a and more", `is a Nikon ND2 file, which is not read; convert it by Bio-Formats: bfconvert "a.nd2" "a_s%s_%c.ome.tif" writes a file for each series and channel, and bioformats2raw "a.nd2" "a.zarr" an OME-Zarr`},
		{"old.ND2", jp2Box + "more", "is a Nikon ND2 file"},
		{"dir/a b.czi", "ZISRAWFILE\x00\x00", `bioformats2raw "a b.czi" "a b.zarr"`},
		{"x.lif", "\x70\x00\x00\x00\x10\x00\x00\x00\x2a\x08", "is a Leica LIF file"},
		{"x.oib", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "is an Olympus OIB"},
		{"x.ims", "\x89HDF\r\n\x1a\n", "is an HDF5 file, as Imaris writes,"},
		{"A_red.jp2", jp2Box, `is a JPEG 2000 image, which is not read; convert it by OpenJPEG: opj_decompress -i "A_red.jp2" -o "A_red.tif"`},
		{"A_red.j2k", "\xff\x4f\xff\x51", "is a JPEG 2000 image"},
		{"A_red.jxl", "\xff\x0a\x00", `djxl "A_red.jxl" "A_red.png"`},
		{"A_red.jxl", "\x00\x00\x00\x0cJXL \r\n\x87\n", "is a JPEG XL image"},
		{"A_red.png", "\xff\x0a\x00\x00", `is a JPEG XL image, which is not read; convert it by libjxl: djxl "A_red.png" "new/A_red.png"`},
		{"A_red.tif", "\xff\x4f\xff\x51", "is a JPEG 2000 image"},
	} {
		if _, err := DecodeChannels(c.name, []byte(c.head)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
	for name, want := range map[string]string{"a.nd2": "Nikon", "a.CZI": "Zeiss", "a.lif": "Leica", "a.jp2": "JPEG 2000", "a.jxl": "JPEG XL", "a.png": "", "a": "", "nd2": ""} {
		if got := Foreign(name, nil); want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %s", name, got, want)
		}
	}
	if got := Foreign("a.nd2", []byte("\x89PNG\r\n\x1a\n")); got != "" {
		t.Errorf("a PNG that is called a.nd2 is %s", got)
	}
}
