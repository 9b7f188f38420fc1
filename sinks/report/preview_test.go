package report

import (
	"image/color"
	"strings"
	"testing"

	"hpaflow/data"
)

// TestPreview: of any planes it is said which are shown as what, and those are.
func TestPreview(t *testing.T) {
	painting := []string{"DNA", "ER", "RNA", "AGP", "Mito"}
	for _, c := range []struct {
		chosen, names []string
		planes        int
		want          string
		at            color.NRGBA // of an image whose plane c is 10*(c+1)
	}{
		{nil, nil, 4, "red microtubules, green protein, blue nucleus, yellow reticulum", color.NRGBA{10 + 13, 20 + 13, 30, 255}},
		{nil, painting, 5, "red DNA, green ER, blue RNA, of 5 planes", color.NRGBA{10, 20, 30, 255}},
		{[]string{"Mito", "AGP", "DNA"}, painting, 5, "red Mito, green AGP, blue DNA, of 5 planes", color.NRGBA{50, 40, 10, 255}},
		{[]string{"5", "2", "1"}, nil, 16, "red 5, green 2, blue 1, of 16 planes", color.NRGBA{50, 20, 10, 255}},
		{nil, []string{"DNA"}, 1, "in grey DNA", color.NRGBA{10, 10, 10, 255}},
		{nil, nil, 1, "in grey", color.NRGBA{10, 10, 10, 255}},
	} {
		p := previewOf(c.chosen, c.names, c.planes)
		if p.String() != c.want {
			t.Errorf("%v of %v: %q, want %q", c.chosen, c.names, p, c.want)
		}
		im := data.NewImage(1, 1, c.planes, 8)
		for i := range im.Planes {
			im.Planes[i].U8[0] = uint8(10 * (i + 1))
		}
		if got := p.Composite(im).NRGBAAt(0, 0); got != c.at {
			t.Errorf("%v of %v: %v, want %v", c.chosen, c.names, got, c.at)
		}
	}
	for fault, chosen := range map[string][]string{"want three": {"DNA", "ER"}, "names the plane Actin": {"DNA", "ER", "Actin"}} {
		if err := CheckPreview(chosen, painting); err == nil || !strings.Contains(err.Error(), fault) {
			t.Errorf("%v: %v", chosen, err)
		}
	}
}

// TestSisters: the files of the channels that are shown stand beside the hashed one,
// whichever that is.
func TestSisters(t *testing.T) {
	for file, want := range map[string]string{
		"d/a_b_green.png":     "d/a_b_red.png d/a_b_green.png d/a_b_blue.png",
		"d/a_OrigDNA.ome.tif": "d/a_red.ome.tif d/a_green.ome.tif d/a_blue.ome.tif",
		"d/a.b_blue.tif.gz":   "d/a.b_red.tif.gz d/a.b_green.tif.gz d/a.b_blue.tif.gz",
		"d/plain.png":         "",
	} {
		if got := strings.Join(sistersOf(file, rgb), " "); got != want {
			t.Errorf("%s: %q, want %q", file, got, want)
		}
	}
}
