package jpeg

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
)

// at is where a marker's segment begins.
func at(t *testing.T, b []byte, marker byte) int {
	t.Helper()
	i := bytes.Index(b, []byte{0xff, marker})
	if i < 0 {
		t.Fatalf("no marker %02x", marker)
	}
	return i
}

// with changes bytes.
func with(b []byte, at int, v ...byte) []byte {
	b = bytes.Clone(b)
	copy(b[at:], v)
	return b
}

// without takes a marker's first segment out.
func without(t *testing.T, b []byte, marker byte) []byte {
	i := at(t, b, marker)
	return append(bytes.Clone(b[:i]), b[i+2+int(binary.BigEndian.Uint16(b[i+2:])):]...)
}

// TestCutFiles: no file is whole at less than its length.
func TestCutFiles(t *testing.T) {
	for name, b := range files(t) {
		if len(b) > 1500 || strings.HasPrefix(name, "refused-") {
			continue
		}
		end := bytes.LastIndex(b, []byte{0xff, markEOI}) + 2
		for n := range end {
			if _, err := decoded(b[:n]); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Fatalf("%s: %d of %d bytes: %v", name, n, end, err)
			}
		}
		if _, err := decoded(append(bytes.Clone(b[:end]), 0xff, 0xd8, 1)); err != nil {
			t.Errorf("%s: bytes after its end: %v", name, err)
		}
	}
}

// TestBrokenFiles: what is wrong, or not decoded, is said by name.
func TestBrokenFiles(t *testing.T) {
	all := files(t)
	plain, several, progressive := all["420.jpg"], all["pairs.jpg"], all["successive.jpg"]
	frame, scan, table := at(t, plain, markSOF0), at(t, plain, markSOS), at(t, plain, markDHT)
	first := at(t, several, markSOS)
	second := first + 2 + bytes.Index(several[first+2:], []byte{0xff, markSOS})
	middle := at(t, progressive, markSOS)
	restarting := all["interval.jpg"]
	mark := at(t, restarting, markRST0)
	cases := map[string]struct {
		file []byte
		want string
	}{
		"arithmetic":       {with(plain, frame+1, 0xc9), "arithmetic codes are not supported"},
		"conditioning":     {with(plain, table+1, 0xcc), "arithmetic codes are not supported"},
		"lossless":         {with(plain, frame+1, 0xc3), "lossless files are not supported"},
		"hierarchical":     {with(plain, frame+1, 0xc5), "hierarchical files are not supported"},
		"12 bits":          {with(plain, frame+4, 12), "12 bits a sample are not supported"},
		"two components":   {with(plain, frame+9, 2), "images of 2 components are not supported"},
		"means alone":      {all["refused-means.jpg"], "component 1 is incomplete"},
		"lacking bits":     {all["refused-bits.jpg"], "component 1 is incomplete"},
		"lacking bands":    {all["refused-bands.jpg"], "component 1 is incomplete"},
		"no component 2":   {append(bytes.Clone(several[:second]), 0xff, markEOI), "component 2 is incomplete"},
		"no width":         {with(plain, frame+7, 0, 0), "an image of 0 x 29 pixels"},
		"no height":        {with(plain, frame+5, 0, 0), "an image of 37 x 0 pixels"},
		"a huge image":     {with(plain, frame+5, 0xff, 0xff, 0xff, 0xff), "image claims 65535 x 65535 pixels, more than its"},
		"sampling 0":       {with(plain, frame+11, 0x02), "component 1 has sampling 0 x 2"},
		"sampling 5":       {with(plain, frame+11, 0x52), "component 1 has sampling 5 x 2"},
		"uneven":           {with(plain, frame+11, 0x32, 0, 2, 0x21), "sampling 2 x 1 beside 3 x 2 is not supported"},
		"twins":            {with(plain, frame+13, 1), "two components 1"},
		"two frames":       {append(bytes.Clone(plain[:scan]), plain[frame:]...), "a second frame"},
		"a scan first":     {append([]byte{0xff, 0xd8}, plain[scan:]...), "a scan before the frame's header"},
		"nothing":          {[]byte{0xff, 0xd8, 0xff, 0xd9}, "the file has no image"},
		"no scan":          {append(bytes.Clone(plain[:scan]), 0xff, 0xd9), "component 1 is incomplete"},
		"two images":       {append(bytes.Clone(plain[:scan]), plain...), "a second image begins"},
		"a late height":    {with(plain, table+1, 0xdc), "a height that comes after the pixels"},
		"an odd marker":    {with(plain, table+1, 0x02), "unknown marker 02"},
		"a short segment":  {with(plain, table+2, 0, 1), "a segment of length 1"},
		"no quantisers":    {without(t, plain, markDQT), "quantisation table 0 is missing"},
		"no Huffman table": {without(t, progressive, markDHT), "DC Huffman table 0 is missing"},
		"too many codes":   {with(plain, table+5, 5, 1, 0), "more codes than their lengths leave room for"},
		"a scan's stranger": {with(plain, scan+5, 9),
			"a scan of component 9, which is not in the frame"},
		"a scan's twins":   {with(plain, scan+7, 1), "a scan has component 1 twice"},
		"a table 2":        {with(plain, scan+6, 0x20), "a scan with Huffman tables 2 and 0"},
		"a component anew": {append(bytes.Clone(plain[:len(plain)-2]), plain[scan:]...), "out of order"},
		"another bit":      {with(progressive, middle+13, 0x02), "out of order"},
		"a low bit":        {with(progressive, middle+13, 0x0e), "bit 14"},
		"mean and others":  {with(progressive, middle+11, 0, 5), "a scan of coefficients 0 to 5"},
		"another restart":  {with(restarting, mark+1, markRST0+1), "does not end at restart mark 0"},
		"no restart":       {with(restarting, mark, 0, 0), "restart mark 0"},
		"pixels cut":       {append(bytes.Clone(plain[:scan+60]), 0xff, markEOI), "the scan ends before its pixels do"},
	}
	for what, c := range cases {
		if _, err := decoded(c.file); err == nil || !strings.HasPrefix(err.Error(), "jpeg: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", what, err, c.want)
		}
	}
}

// tiny begins a progressive file of one block a component. The one symbol of each
// Huffman table has a code of one bit.
func tiny(dc, ac byte) []byte {
	b := []byte{0xff, markSOI, 0xff, markSOF2, 0, 17, 8, 0, 8, 0, 8, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0}
	b = append(append(b, 0xff, markDQT, 0, 67, 0), bytes.Repeat([]byte{1}, 64)...)
	for class, symbol := range []byte{dc, ac} {
		b = append(append(b, 0xff, markDHT, 0, 20, byte(class)<<4, 1), make([]byte, 15)...)
		b = append(b, symbol)
	}
	return b
}

// TestScansAreCounted: however little a scan sends, there are not many of them.
func TestScansAreCounted(t *testing.T) {
	b := tiny(0, 0)                  // no difference, the end of a block
	for scan := range maxScans + 1 { // of one coefficient of a component each, all but their last bit, and then that
		if _, err := decoded(append(bytes.Clone(b), 0xff, markEOI)); err == nil || !strings.Contains(err.Error(), "incomplete") {
			t.Fatalf("%d scans: %v", scan, err)
		}
		component, k, bits := byte(scan/64%3), byte(scan%64), byte(0x01)
		if scan >= 3*64 {
			bits = 0x10
		}
		b = append(b, 0xff, markSOS, 0, 8, 1, component+1, 0, k, k, bits, 0x7f)
	}
	if _, err := decoded(append(b, 0xff, markEOI)); err == nil || !strings.Contains(err.Error(), "more than 256 scans") {
		t.Errorf("one scan more: %v", err)
	}
}

// TestRunsEndWithTheScan: two blocks cannot end where there is one.
func TestRunsEndWithTheScan(t *testing.T) {
	b := append(tiny(0, 0x10), 0xff, markSOS, 0, 8, 1, 1, 0, 1, 63, 0, 0x3f, 0xff, markEOI)
	if _, err := decoded(b); err == nil || !strings.Contains(err.Error(), "the scan ends more blocks than there are") {
		t.Error(err)
	}
}
