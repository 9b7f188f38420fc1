package crops

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"slices"
	"testing"

	"hpaflow/data"
	"hpaflow/data/codec"
)

// golden is what pycocotools, NumPy and the writers of label images have made
// (testdata/golden.py).
type golden struct {
	Cases []struct {
		Name, File    string
		Width, Height int
		Image         []uint16
		Cells         []struct {
			Label   uint32
			Area    int
			Box     [4]int
			Coco    string
			Text    string
			Touches bool
			Squares []struct {
				Size   int
				Keep   bool
				Pixels []uint16
			}
		}
	}
	Runs []struct {
		Width, Height, Area int
		Coco                string
	}
}

func readGolden(t *testing.T) (g golden) {
	t.Helper()
	b, err := os.ReadFile("testdata/golden.json")
	if err == nil {
		err = json.Unmarshal(b, &g)
	}
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// Label images are read as they were written; cells, their masks in COCO's form and
// the squares around them are those that the peers make.
func TestGolden(t *testing.T) {
	for _, c := range readGolden(t).Cases {
		file, err := base64.StdEncoding.DecodeString(c.File)
		if err != nil {
			t.Fatal(err)
		}
		labels, err := codec.DecodeLabels(c.Name, file)
		if err != nil {
			t.Fatalf("%s: %v", c.Name, err)
		}
		m, err := OfLabels(labels, MostCells)
		if err != nil || m.Width != c.Width || m.Height != c.Height || len(m.Cells) != len(c.Cells) {
			t.Fatalf("%s: %d x %d, %d cells, want %d: %v", c.Name, m.Width, m.Height, len(m.Cells), len(c.Cells), err)
		}
		im := &data.Image{Width: c.Width, Height: c.Height, Planes: []data.Plane{{U16: c.Image}}}
		for i, want := range c.Cells {
			cell := m.Cells[i]
			if cell.Label != want.Label || cell.Area != want.Area || [4]int{cell.X, cell.Y, cell.W, cell.H} != want.Box || m.touches(cell) != want.Touches {
				t.Fatalf("%s: cell %+v, want %+v", c.Name, cell, want)
			}
			runs, err := parseCounts([]byte(want.Coco), int64(c.Width*c.Height))
			if err != nil || !slices.Equal(runs, m.RLE(cell)) {
				t.Errorf("%s %d: runs %v, want %v (%v)", c.Name, cell.Label, m.RLE(cell), runs, err)
			}
			read, err := ParseRLE(want.Text, c.Width, c.Height)
			if err != nil || !slices.Equal(read, runs) {
				t.Errorf("%s %d: read %v, want %v (%v)", c.Name, cell.Label, read, runs, err)
			}
			again, found := read.cell(cell.Label, c.Height)
			if other := (&Mask{Width: c.Width, Height: c.Height}); !found || again.Area != cell.Area || !slices.Equal(other.Inside(again), m.Inside(cell)) {
				t.Errorf("%s %d: the cell of its runs is another", c.Name, cell.Label)
			}
			for _, s := range want.Squares {
				got, err := Square{Size: s.Size, KeepRest: s.Keep, Larger: Trim}.Cut(im, m, cell)
				if err != nil || !slices.Equal(got.Planes[0].U16, s.Pixels) {
					t.Errorf("%s %d, keep %v: %v\nwant %v (%v)", c.Name, cell.Label, s.Keep, got.Planes[0].U16, s.Pixels, err)
				}
			}
		}
	}
}

// Runs of COCO's text are read and written as pycocotools does.
func TestRuns(t *testing.T) {
	for _, r := range readGolden(t).Runs {
		runs, err := parseCounts([]byte(r.Coco), int64(r.Width*r.Height))
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseRLE(runs.String(), r.Width, r.Height)
		if err != nil || !slices.Equal(again, runs) {
			t.Errorf("%d x %d: %v, want %v (%v)", r.Width, r.Height, again, runs, err)
		}
		if string(appendCounts(nil, runs)) != r.Coco {
			t.Errorf("%d x %d: wrote %q, want %q", r.Width, r.Height, appendCounts(nil, runs), r.Coco)
		}
		if c, found := runs.cell(1, r.Height); found != (r.Area > 0) || c.Area != r.Area {
			t.Errorf("%d x %d: %d pixels, want %d", r.Width, r.Height, c.Area, r.Area)
		}
	}
}
