package download

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"strings"
	"testing"
)

// A JPEG image is whole at its full length and at no shorter one, whatever its
// pixels and whatever preview it carries.
func TestWholeJPEG(t *testing.T) {
	im := image.NewRGBA(image.Rect(0, 0, 40, 30))
	for i := range 40 * 30 {
		im.Set(i%40, i/40, color.RGBA{uint8(i * 37), uint8(i * i), uint8(i * 91), 255})
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, im, &jpeg.Options{Quality: 100}); err != nil {
		t.Fatal(err)
	}
	plain := b.Bytes()
	// The same with a small whole image in a segment of its head, as cameras put it there.
	var preview bytes.Buffer
	if err := jpeg.Encode(&preview, image.NewGray(image.Rect(0, 0, 8, 8)), nil); err != nil {
		t.Fatal(err)
	}
	n := preview.Len() + 2
	carrying := append([]byte{0xff, 0xd8, 0xff, 0xe1, byte(n >> 8), byte(n)}, preview.Bytes()...)
	carrying = append(carrying, plain[2:]...)
	if _, err := jpeg.Decode(bytes.NewReader(carrying)); err != nil {
		t.Fatal(err)
	}
	for _, whole := range [][]byte{plain, carrying} {
		if err := WholeJPEG(whole); err != nil {
			t.Error(err)
		}
		if err := WholeJPEG(append(bytes.Clone(whole), "\r\n\x00"...)); err != nil {
			t.Errorf("with a tail: %v", err)
		}
		begin := bytes.LastIndex(whole, []byte("\xff\xda"))
		for n := range len(whole) - 1 {
			// Before its pixels begin, the preview's may pass for them; then the
			// decoder finds out.
			if n <= begin+1 && len(whole) == len(carrying) {
				continue
			}
			if WholeJPEG(whole[:n]) == nil {
				t.Errorf("%d of %d bytes pass as whole", n, len(whole))
			}
		}
	}
	for body, want := range map[string]string{
		"":                          "the answer is empty",
		"\n <!DOCTYPE html>":        "the answer is a page of text, not a JPEG image",
		"\x89PNG\r\n\x1a\nIHDR":     `the answer begins with "\x89PNG\r\n\x1a\n" and is no JPEG image`,
		"\xff\xd8\xff\xe0 \xff\xd9": "the JPEG image breaks off before its end",
	} {
		if err := WholeJPEG([]byte(body)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", body, err)
		}
	}
}
