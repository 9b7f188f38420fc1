package tiff

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

// field is an entry to write.
type field struct {
	tag    Tag
	kind   uint16
	values []uint64
}

// long and short are entries of one type.
func long(tag Tag, v ...uint64) field  { return field{tag, 4, v} }
func short(tag Tag, v ...uint64) field { return field{tag, 3, v} }

// made writes a file of one page: pixels behind the header, then the values that do
// not fit, then the directory, its entries as they are given.
func made(order binary.AppendByteOrder, pixels []byte, fields ...field) []byte {
	b := []byte("II*\x00\x00\x00\x00\x00")
	if order.String() == "BigEndian" {
		b = []byte("MM\x00*\x00\x00\x00\x00")
	}
	b = append(b, pixels...)
	put := func(b []byte, kind uint16, v uint64) []byte {
		switch kind {
		case 3, 8:
			return order.AppendUint16(b, uint16(v))
		case 4, 9:
			return order.AppendUint32(b, uint32(v))
		case 16:
			return order.AppendUint64(b, v)
		}
		return append(b, byte(v))
	}
	var dir []byte
	for _, f := range fields {
		dir = order.AppendUint16(dir, uint16(f.tag))
		dir = order.AppendUint16(dir, f.kind)
		dir = order.AppendUint32(dir, uint32(len(f.values)))
		var values []byte
		for _, v := range f.values {
			values = put(values, f.kind, v)
		}
		if len(values) > 4 {
			dir = order.AppendUint32(dir, uint32(len(b)))
			b = append(b, values...)
			continue
		}
		dir = append(append(dir, values...), make([]byte, 4-len(values))...)
	}
	for i, v := range order.AppendUint32(nil, uint32(len(b))) {
		b[4+i] = v
	}
	b = order.AppendUint16(b, uint16(len(fields)))
	return order.AppendUint32(append(b, dir...), 0)
}

// plain are the entries of a grey page of 4 x 2 pixels of 8 bits.
func plain() []field {
	return []field{
		short(ImageWidth, 4), short(ImageLength, 2), short(BitsPerSample, 8), short(Compression, 1), short(Photometric, 1),
		long(StripOffsets, 8), short(SamplesPerPixel, 1), short(RowsPerStrip, 2), long(StripByteCounts, 8),
	}
}

var eight = []byte{1, 2, 3, 4, 5, 6, 7, 8}

// with changes entries, adds those of other tags and leaves out those of no values.
func with(fields []field, others ...field) []field {
	for _, f := range others {
		i := slices.IndexFunc(fields, func(g field) bool { return g.tag == f.tag })
		switch {
		case i < 0:
			fields = append(fields, f)
		case f.values == nil:
			fields = slices.Delete(fields, i, i+1)
		default:
			fields[i] = f
		}
	}
	return fields
}

// pixels reads the one page of a file, of one plane.
func pixels(b []byte) ([]byte, error) {
	f, err := Open(b)
	if err != nil {
		return nil, err
	}
	p, err := f.Page(0)
	if err != nil {
		return nil, err
	}
	if err := p.Plausible(); err != nil {
		return nil, err
	}
	planes := blank(p, p.Width, p.Height)
	err = p.Decode(planes)
	return planes[0], err
}

// TestOddDirectories: what writers do though the specification says otherwise.
func TestOddDirectories(t *testing.T) {
	for what, fields := range map[string][]field{
		"as it should be":          plain(),
		"tags repeated":            append(plain(), short(ImageWidth, 3), long(StripOffsets, 1)),
		"no counts":                with(plain(), field{tag: StripByteCounts}),
		"no rows a strip":          with(plain(), field{tag: RowsPerStrip}),
		"rows without end":         with(plain(), long(RowsPerStrip, 1<<32-1)),
		"counts too large":         with(plain(), long(StripByteCounts, 9)),
		"more strips than needed":  with(plain(), long(StripOffsets, 8, 8, 8), long(StripByteCounts, 8, 8, 8)),
		"bytes for numbers":        with(plain(), field{ImageWidth, 1, []uint64{4}}, field{Compression, 1, []uint64{1}}),
		"signed numbers":           with(plain(), field{ImageWidth, 8, []uint64{4}}, field{ImageLength, 9, []uint64{2}}),
		"numbers of 64 bits":       with(plain(), field{StripOffsets, 16, []uint64{8}}),
		"no photometric":           with(plain(), field{tag: Photometric}),
		"a tag of an unknown type": append(plain(), field{65000, 99, []uint64{7}}),
	} {
		slices.SortStableFunc(fields, func(a, b field) int { return cmp.Compare(b.tag, a.tag) }) // not sorted as it must be
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			if what == "tags repeated" {
				fields = append(plain(), short(ImageWidth, 3), long(StripOffsets, 1))
			}
			got, err := pixels(made(order, append(slices.Clone(eight), 0), fields...))
			if err != nil || !bytes.Equal(got, eight) {
				t.Errorf("%s, %v: %v, %v", what, order, got, err)
			}
		}
	}
}

// TestRefusals: the page, the tag, what it says, what to do.
func TestRefusals(t *testing.T) {
	for want, fields := range map[string][]field{
		"page 1: ImageWidth and ImageLength are 0 and 2":                                         with(plain(), short(ImageWidth, 0)),
		"page 1: StripOffsets: is missing: there is nothing to read":                             with(plain(), field{tag: StripOffsets}),
		"page 1: StripOffsets: number 1 of 1, 8 bytes at 4000, is beyond the end":                with(plain(), long(StripOffsets, 4000)),
		"page 1: claims 4 x 2 pixels, more than its":                                             with(plain(), long(StripByteCounts, 7)),
		"page 1: StripOffsets: the page claims 4 x 2 pixels, more than its 1 strips or tiles":    with(plain(), short(RowsPerStrip, 1)),
		"page 1: StripByteCounts: 1 values, where 2 are needed":                                  with(plain(), short(RowsPerStrip, 1), long(StripOffsets, 8, 8)),
		"page 1: BitsPerSample: unsigned samples of 24 bits are not read; convert them":          with(plain(), short(BitsPerSample, 24)),
		"page 1: BitsPerSample: floating-point samples of 8 bits are not read; convert them":     with(plain(), short(SampleFormat, 3)),
		"page 1: BitsPerSample: the samples of a pixel differ: 8 and 4; write them as pages":     with(plain(), short(SamplesPerPixel, 2), short(BitsPerSample, 8, 4)),
		"page 1: SampleFormat: complex numbers are not read; write their real parts":             with(plain(), short(SampleFormat, 6)),
		"page 1: SampleFormat: 9 is none":                                                        with(plain(), short(SampleFormat, 9)),
		"page 1: SamplesPerPixel: 0 samples a pixel":                                             with(plain(), short(SamplesPerPixel, 0)),
		"page 1: FillOrder: 3 is none":                                                           with(plain(), short(FillOrder, 3)),
		"page 1: PlanarConfiguration: 0 is none":                                                 with(plain(), short(PlanarConfig, 0)),
		"page 1: Compression: JBIG is not read; convert it: tiffcp -c zip":                       with(plain(), short(Compression, 34661)),
		"page 1: Compression: 777 is not read; convert it: tiffcp -c zip IN.tif OUT.tif, or: bf": with(plain(), short(Compression, 777)),
		"page 1: Predictor: 7 is not read; convert it":                                           with(plain(), short(Predictor, 7)),
		"page 1: Predictor: predictor 2 for 4-bit unsigned samples is not read; convert it":      with(plain(), short(BitsPerSample, 4), short(Predictor, 2)),
		"page 1: Predictor: predictor 3 for 8-bit unsigned samples is not read; convert it":      with(plain(), short(Predictor, 3)),
		"page 1: TileWidth: tiles of 0 x 16 pixels":                                              with(plain(), short(TileWidth, 0), short(TileLength, 16)),
		"page 1: ImageDepth: volumes of 3 slices a page are not read; split them: bfconvert":     with(plain(), short(ImageDepth, 3)),
		"page 1: YCbCrSubSampling: YCbCr in halved resolution is read as JPEG alone; convert it": with(plain(), short(Photometric, 6)),
		"page 1: StripOffsets: all are 0: the page has no pixels":                                with(plain(), long(StripOffsets, 0), long(StripByteCounts, 0)),
		"page 1: ImageWidth: a negative value":                                                   with(plain(), field{ImageWidth, 8, []uint64{1<<16 - 4}}),
		"page 1: ImageWidth: values of type 12, which are no whole numbers":                      with(plain(), field{ImageWidth, 12, []uint64{0, 0}}),
		"page 1: strip 1 of 1: packbits: unexpected EOF":                                         with(plain(), short(Compression, 32773), long(StripByteCounts, 2)),
		"page 1: strip 1 of 1: zlib: ":                                                           with(plain(), short(Compression, 8)),
		"page 1: strip 1 of 1: zstd: ":                                                           with(plain(), short(Compression, 50000)),
		"page 1: strip 1 of 1: lzma: ":                                                           with(plain(), short(Compression, 34925)),
		"page 1: strip 1 of 1: lzw: ":                                                            with(plain(), short(Compression, 5)),
		"page 1: strip 1 of 1: jpeg: ":                                                           with(plain(), short(Compression, 7)),
		"page 1: strip 1 of 1: webp: ":                                                           with(plain(), short(Compression, 50001)),
		"page 1: BitsPerSample: JPEG of 16 bits is not read; convert it":                         with(plain(), short(Compression, 7), short(BitsPerSample, 16)),
	} {
		_, err := pixels(made(binary.LittleEndian, eight, fields...))
		if err == nil || !strings.HasPrefix(err.Error(), "tiff: "+want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// TestRefusedFiles: headers and chains of directories.
func TestRefusedFiles(t *testing.T) {
	whole := made(binary.LittleEndian, eight, plain()...)
	loop := slices.Clone(whole)
	binary.LittleEndian.PutUint32(loop[len(loop)-4:], binary.LittleEndian.Uint32(loop[4:]))
	for want, b := range map[string][]byte{
		"tiff: no TIFF image": []byte("BM......"),
		"tiff: version 44 is neither TIFF (42) nor BigTIFF (43)": []byte("II,\x00\x08\x00\x00\x00"),
		"tiff: offsets of 4 bytes are not read":                  []byte("II+\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
		"tiff: the file has no page":                             []byte("II*\x00\x00\x00\x00\x00"),
		"tiff: page 1: the directory: ":                          []byte("II*\x00\x09\x00\x00\x00"),
		"tiff: page 2: the directory is that of an earlier page": loop,
		"tiff: the header is cut short: unexpected EOF":          whole[:7],
	} {
		if _, err := Open(b); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	for n := 8; n < len(whole)-4; n++ { // the last four say that no page follows
		if _, err := pixels(whole[:n]); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("%d of %d bytes: %v", n, len(whole), err)
		}
	}
}

// TestSparse: strips that the file has not are zeros.
func TestSparse(t *testing.T) {
	got, err := pixels(made(binary.LittleEndian, eight, with(plain(), short(RowsPerStrip, 1), long(StripOffsets, 0, 8), long(StripByteCounts, 0, 4))...))
	if want := []byte{0, 0, 0, 0, 1, 2, 3, 4}; err != nil || !bytes.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
}
