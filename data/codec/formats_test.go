package codec

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"hpaflow/data"
)

// pillows reads what Pillow made of a file, a NumPy array of shape (height,
// width) or (height, width, channels).
func pillows(t *testing.T, name string) (w, h, channels int, values []int) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name+".npy"))
	if err != nil {
		t.Fatal(err)
	}
	end := 10 + int(binary.LittleEndian.Uint16(b[8:]))
	m := regexp.MustCompile(`'descr': '(\|u1|<u2)'.*'shape': \((\d+), (\d+)(?:, (\d+))?\)`).FindStringSubmatch(string(b[10:end]))
	if m == nil {
		t.Fatalf("%s.npy: header %q", name, b[10:end])
	}
	h, _ = strconv.Atoi(m[2])
	w, _ = strconv.Atoi(m[3])
	channels = 1
	if m[4] != "" {
		channels, _ = strconv.Atoi(m[4])
	}
	for b = b[end:]; len(b) > 0; {
		if m[1] == "|u1" {
			values, b = append(values, int(b[0])), b[1:]
		} else {
			values, b = append(values, int(binary.LittleEndian.Uint16(b))), b[2:]
		}
	}
	return w, h, channels, values
}

// jpegs are the images of package jpeg.
const jpegs = "../jpeg/testdata/*.jpg"

// values are a plane's pixels.
func values(p data.Plane) (all []int) {
	for _, v := range p.U8 {
		all = append(all, int(v))
	}
	for _, v := range p.U16 {
		all = append(all, int(v))
	}
	return all
}

func files(t testing.TB, pattern string) map[string][]byte {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(names) == 0 {
		t.Fatalf("no %s in testdata: %v", pattern, err)
	}
	all := map[string][]byte{}
	for _, name := range names {
		if all[filepath.Base(name)], err = os.ReadFile(name); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func TestTIFFIsPillows(t *testing.T) {
	for name, b := range files(t, "*.tif") {
		im, err := Decode(name, b)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		w, h, channels, want := pillows(t, name)
		if im.Width != w || im.Height != h || channels != 1 || !slices.Equal(values(im.Planes[0]), want) {
			t.Errorf("%s: %dx%d pixels are not Pillow's %dx%d", name, im.Width, im.Height, w, h)
		}
		if depth := map[bool]int{true: 16, false: 8}[strings.HasPrefix(name, "grey16")]; im.Depth() != depth {
			t.Errorf("%s: %d bits", name, im.Depth())
		}
	}
}

// TestCutFilesAreRefused cuts every file at every byte that its pixels need.
func TestCutFilesAreRefused(t *testing.T) {
	for name, b := range files(t, "*.tif") {
		for n := range len(b) / 2 {
			if _, err := DecodeChannels(name, b[:n]); err == nil {
				t.Fatalf("%s: %d of %d bytes were enough", name, n, len(b))
			}
		}
	}
}

// TestClaims: sizes that a file claims are refused before memory is spent.
func TestClaims(t *testing.T) {
	// A width and a height of 15,000 are allowed, but not in so few bytes.
	const side = 15000
	tif := files(t, "grey8-raw.tif")["grey8-raw.tif"]
	for _, tag := range []byte{0x00, 0x01} { // ImageWidth, ImageLength: long, one value
		at := bytes.Index(tif, []byte{tag, 0x01, 0x04, 0x00, 0x01, 0x00, 0x00, 0x00})
		if at < 0 {
			t.Fatal("no size in the TIFF")
		}
		binary.LittleEndian.PutUint32(tif[at+8:], side)
	}
	png, err := AppendRGBY(nil, data.NewImage(1, 1, 4, 16))
	if err != nil {
		t.Fatal(err)
	}
	binary.BigEndian.PutUint32(png[16:], side)
	binary.BigEndian.PutUint32(png[20:], side)
	binary.BigEndian.PutUint32(png[29:], crc32.ChecksumIEEE(png[12:29]))
	jpg := files(t, jpegs)["420.jpg"]
	at := bytes.Index(jpg, []byte{0xff, 0xc0})
	binary.BigEndian.PutUint16(jpg[at+5:], side)
	binary.BigEndian.PutUint16(jpg[at+7:], side)
	for name, b := range map[string][]byte{"a.tif": tif, "a.png": png, "a.jpg": jpg} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := DecodeChannels(name, b)
		runtime.ReadMemStats(&after)
		if err == nil || !strings.Contains(err.Error(), "claims 15000 x 15000 pixels, more than its") {
			t.Errorf("%s: %v", name, err)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 1<<20 {
			t.Errorf("%s: %d bytes were allocated", name, used)
		}
	}
	binary.BigEndian.PutUint32(png[16:], 1<<24)
	binary.BigEndian.PutUint32(png[29:], crc32.ChecksumIEEE(png[12:29]))
	if _, err := DecodeRGBY(png); err == nil || !strings.Contains(err.Error(), "at most") {
		t.Errorf("beyond MaxPixels: %v", err)
	}
}

func TestNamesMustFit(t *testing.T) {
	jpg := files(t, jpegs)["grey.jpg"]
	for name, want := range map[string]string{
		"a.png":  "is named .png but holds a JPEG image",
		"a.tiff": "is named .tiff but holds a JPEG image",
	} {
		if _, err := Decode(name, jpg); err == nil || err.Error() != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if im, err := Decode("a", jpg); err != nil || im.Width != 41 || im.Height != 23 {
		t.Error(err)
	}
	if c, err := ReadClaim("a.jpg", jpg); err != nil || c != (Claim{Width: 41, Height: 23, Channels: 1, Depth: 8}) {
		t.Errorf("%v, %v", c, err)
	}
	if _, err := Decode("a", []byte("text")); fmt.Sprint(err) != "is no PNG, JPEG or TIFF image" {
		t.Error(err)
	}
}
