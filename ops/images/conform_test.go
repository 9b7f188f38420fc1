package images

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"hpaflow/data"
	"hpaflow/data/codec"
	"hpaflow/flow/component"
)

// within is a reading of images of so many pixels at most.
func within(pixels int64) *Reading {
	return NewReading(context.Background(), component.Limits{MaxPixels: pixels, MaxMember: 1 << 20})
}

// A channel image comes out as Pillow makes it, to the bit.
func TestConformEqualsPillow(t *testing.T) {
	for _, colour := range data.Colours {
		got, err := conform(data.Channel{File: data.File{Name: "testdata/conform." + colour + ".jpg"}}, 32, within(1<<20))
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile("testdata/conform." + colour + ".png")
		if err != nil {
			t.Fatal(err)
		}
		want, err := codec.Decode(".png", b)
		if err != nil {
			t.Fatal(err)
		}
		if got.Width != 32 || len(got.Planes) != 1 || !slices.Equal(got.Planes[0].U8, want.Planes[0].U8) {
			t.Errorf("%s: %dx%d, %d planes, not Pillow's", colour, got.Width, got.Height, len(got.Planes))
		}
	}
}

// What a header claims is refused before it costs anything.
func TestConformRefusesByTheHeader(t *testing.T) {
	b, err := os.ReadFile("testdata/conform.red.jpg")
	if err != nil {
		t.Fatal(err)
	}
	allocated := testing.AllocsPerRun(1, func() {
		_, err = conform(data.Channel{File: data.File{Name: "a.jpg", Data: b}}, 32, within(101*90-1))
	})
	if err == nil || !strings.Contains(err.Error(), "a.jpg: claims 101 x 90 pixels; at most 9089 are decoded; to allow it, write max_pixels = 9090 in the flow's run block") {
		t.Error(err)
	}
	if allocated > 40 {
		t.Errorf("%v allocations", allocated)
	}
	if _, err := conform(data.Channel{File: data.File{Name: "a.jpg", Data: b}}, 32, within(101*90)); err != nil {
		t.Error(err)
	}
}

// What an earlier run has made passes as it is, or not at all.
func TestConformKeepsResults(t *testing.T) {
	kept := data.Channel{Kept: true, File: data.File{Name: "testdata/conform.red.png"}}
	im, err := conform(kept, 32, within(1<<20))
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(kept.File.Name)
	if err != nil {
		t.Fatal(err)
	}
	if same, err := codec.Decode(".png", b); err != nil || !slices.Equal(same.Planes[0].U8, im.Planes[0].U8) {
		t.Errorf("%v, or other pixels", err)
	}
	if _, err := conform(kept, 64, within(1<<20)); err == nil || !strings.Contains(err.Error(), "is 32 x 32 pixels, made by a run with another size") {
		t.Error(err)
	}
}
