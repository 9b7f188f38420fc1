package report

import (
	"path/filepath"
	"slices"
	"testing"

	"hpaflow/data"
	"hpaflow/data/zarr/zarrtest"
)

// An image of a plate is shown as its channels are.
func TestPictureOfPlate(t *testing.T) {
	im := data.NewImage(70, 60, 4, 16)
	for c, p := range im.Planes {
		for i := range p.U16 {
			p.U16[i] = uint16(i * (c + 3))
		}
	}
	dir := filepath.Join(t.TempDir(), "p.zarr", "A", "1", "0")
	if err := zarrtest.Write(dir, 3, 32, nil, im); err != nil {
		t.Fatal(err)
	}
	got, err := platePlanes(dir)
	if err != nil || len(got.Planes) != 3 {
		t.Fatalf("%v, %v", got, err)
	}
	for c, p := range got.Planes {
		if !slices.Equal(p.U8, litUp(im.Planes[c]).U8) {
			t.Errorf("plane %d differs", c)
		}
	}
	if _, err := pictureOf(dir, rgb); err != nil {
		t.Error(err)
	}
	if _, err := pictureOf(t.TempDir(), rgb); err == nil {
		t.Error("a folder of nothing is a picture")
	}
}
