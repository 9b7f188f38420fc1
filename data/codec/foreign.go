package codec

import (
	"bytes"
	"path"
	"strings"
	"unicode"
)

// foreign is a format that is known and not read.
type foreign struct {
	name       string
	magics     []string // one of which a file begins with
	extensions []string
	convert    string // how to make of FILE, named STEM, what is read
}

const (
	byBioFormats = "convert it by Bio-Formats: bfconvert FILE \"STEM_s%s_%c.ome.tif\" writes a file for each series and channel, and bioformats2raw FILE \"STEM.zarr\" an OME-Zarr"
	byOpenJPEG   = "convert it by OpenJPEG: opj_decompress -i FILE -o \"STEM.tif\""
	byJXL        = "convert it by libjxl: djxl FILE \"STEM.png\""
)

// jp2Box begins files of the JPEG 2000 family, of which the old ND2 is one.
const jp2Box = "\x00\x00\x00\x0cjP  \r\n\x87\n"

var foreigners = []foreign{
	{"a Nikon ND2 file", []string{"\xda\xce\xbe\x0a"}, []string{".nd2"}, byBioFormats},
	{"a Zeiss CZI file", []string{"ZISRAWFILE"}, []string{".czi"}, byBioFormats},
	{"a Leica LIF file", nil, []string{".lif"}, byBioFormats}, // told by isLIF
	{"an Olympus OIB or Zeiss ZVI file", []string{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"}, []string{".oib", ".zvi"}, byBioFormats},
	{"an HDF5 file, as Imaris writes,", []string{"\x89HDF\r\n\x1a\n"}, []string{".ims"}, byBioFormats},
	{"a JPEG 2000 image", []string{jp2Box, "\xff\x4f\xff\x51"}, []string{".jp2", ".j2k", ".j2c", ".jpc", ".jpx"}, byOpenJPEG},
	{"a JPEG XL image", []string{"\xff\x0a", "\x00\x00\x00\x0cJXL \r\n\x87\n"}, []string{".jxl"}, byJXL},
}

// isLIF says that bytes begin a file of Leica's: a block of XML, and in it a star
// before the text's length.
func isLIF(head []byte) bool {
	return len(head) > 8 && bytes.HasPrefix(head, []byte("\x70\x00\x00\x00")) && head[8] == 0x2a
}

// advice says what a file is and what to do.
func (f foreign) advice(name string) string {
	base := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '?'
		}
		return r
	}, path.Base(name))
	stem := strings.TrimSuffix(base, path.Ext(base))
	if claimedBy(strings.ToLower(path.Ext(base))) != "" { // it is called what it has to become
		stem = "new/" + stem
	}
	how := strings.NewReplacer("FILE", `"`+base+`"`, "STEM", stem).Replace(f.convert)
	return f.name + ", which is not read; " + how
}

// Foreign says what a file is that is known and not read, and how to convert it:
// by its first bytes, or where there are none by its name. It is empty for others.
func Foreign(name string, head []byte) string {
	extension := strings.ToLower(path.Ext(name))
	for _, f := range foreigners {
		named := false
		for _, e := range f.extensions {
			named = named || e == extension
		}
		if named && (head == nil || bytes.HasPrefix(head, []byte(jp2Box))) {
			return f.advice(name)
		}
	}
	for _, f := range foreigners {
		for _, magic := range f.magics {
			if bytes.HasPrefix(head, []byte(magic)) {
				return f.advice(name)
			}
		}
	}
	if isLIF(head) {
		return foreigners[2].advice(name)
	}
	return ""
}
