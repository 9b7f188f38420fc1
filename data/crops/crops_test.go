package crops

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hpaflow/data"
	"hpaflow/data/codec"
)

// A folder's masks are found by what known tools call them, each once.
func TestFolder(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"A_cp_masks.png", "B_blue_cp_masks.tif", "C_cellmask.png", "D.png", "E_mask.PNG", "E_labels.tif", "F_seg.npy", ".G_mask.png", "plate/A_masks.tif.gz", "D_blue.png"} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, nil, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	f := OpenFolder(dir, Suffixes)
	for key, want := range map[string]string{
		"A": "A_cp_masks.png", "B": "B_blue_cp_masks.tif", "C": "C_cellmask.png", "D": "D.png", "plate/A": "plate/A_masks.tif.gz",
		"E": "both E_labels.tif and E_mask.PNG", "F": "F_seg.npy is not read: let Cellpose write masks by --save_png", "G": "no mask of it", "plate/B": "it holds A_masks.tif.gz",
		"elsewhere/A": "it holds no PNG or TIFF",
	} {
		file, err := f.Find(key)
		if err == nil && file.Name != filepath.Join(dir, want) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %s %v, want %s", key, file.Name, err, want)
		}
	}
	if _, err := OpenFolder(dir, []string{"_nuclei"}).Find("A"); !errors.As(err, new(*MissingError)) {
		t.Errorf("a suffix that none has: %v", err)
	}
}

// A label image with another number of labels than can be, or that numbers nothing,
// is refused.
func TestOfLabels(t *testing.T) {
	many := &codec.LabelImage{Width: 5, Height: 1, Labels: []uint32{1, 2, 3, 0, 4}}
	if _, err := OfLabels(many, 3); err == nil || !strings.Contains(err.Error(), "max_cells = 12") {
		t.Errorf("four labels where three are allowed: %v", err)
	}
	binary := &codec.LabelImage{Width: 3, Height: 1, Labels: []uint32{0, 255, 255}}
	if _, err := OfLabels(binary, 3); err == nil || !strings.Contains(err.Error(), "scipy.ndimage.label") {
		t.Errorf("a mask of 0 and 255: %v", err)
	}
}

func TestChoose(t *testing.T) {
	m, err := OfLabels(&codec.LabelImage{Width: 5, Height: 3, Labels: []uint32{
		7, 0, 0, 0, 0,
		0, 3, 3, 5, 0,
		0, 3, 0, 0, 9,
	}}, 9)
	if err != nil {
		t.Fatal(err)
	}
	for want, w := range map[string]Wanted{
		"3 5 7 9": {}, "3": {MinArea: 2}, "5 7 9": {MaxArea: 2}, "5": {Whole: true},
	} {
		var got []string
		for _, c := range m.Choose(w) {
			got = append(got, fmt.Sprint(c.Label))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%+v: %v, want %s", w, got, want)
		}
	}
}

// A cell that is larger than the square is refused with its size, trimmed, or made
// smaller as resizing would.
func TestLarger(t *testing.T) {
	labels := &codec.LabelImage{Width: 6, Height: 4, Labels: make([]uint32, 24)}
	im := data.NewImage(6, 4, 2, 8)
	for i := range 24 {
		labels.Labels[i], im.Planes[0].U8[i], im.Planes[1].U8[i] = 2, 100, uint8(i)
	}
	m, err := OfLabels(labels, 9)
	if err != nil {
		t.Fatal(err)
	}
	cell, _ := m.Cell(2)
	if _, err := (Square{Size: 3}).Cut(im, m, cell); err == nil || !strings.Contains(err.Error(), "cell 2 is 6x4 pixels, and size is 3; set size to 6 or more") {
		t.Errorf("refuse: %v", err)
	}
	trimmed, err := Square{Size: 2, Larger: Trim}.Cut(im, m, cell)
	if err != nil || !slices.Equal(trimmed.Planes[1].U8, []uint8{8, 9, 14, 15}) {
		t.Errorf("trim: %v, %v", trimmed.Planes[1].U8, err)
	}
	small, err := Square{Size: 3, Larger: Shrink}.Cut(im, m, cell)
	if err != nil || small.Width != 3 || !slices.Equal(small.Planes[0].U8, []uint8{50, 50, 50, 100, 100, 100, 50, 50, 50}) {
		t.Errorf("shrink: %v, %v", small.Planes[0].U8, err)
	}
	if _, err := (Square{Size: 3}).Cut(data.NewImage(4, 6, 1, 8), m, cell); err == nil {
		t.Error("a mask of another size was taken")
	}
}

func TestKeys(t *testing.T) {
	for _, key := range []string{"A", "_7", "A_", "A_07", "A_x", "A_99999999999"} {
		if field, label, ok := SplitKey(key); ok {
			t.Errorf("%s is cell %d of %s", key, label, field)
		}
	}
	if field, label, ok := SplitKey(Key("plate/A_1", 42)); !ok || field != "plate/A_1" || label != 42 {
		t.Errorf("%s %d %v", field, label, ok)
	}
}

// A submission is read as it was written: cells in the order of their masks, once
// each, whatever their labels.
func TestTable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "submission.csv")
	one, two := RLE{10, 20, 30}.String(), RLE{0, 3, 57}.String()
	if err := WriteTable(path, []Field{
		{ID: "A", Width: 6, Height: 10, Claims: []Claim{{16, .75, one}, {0, .5, one}, {3, .25, two}}},
		{ID: "B", Width: 4, Height: 4},
	}); err != nil {
		t.Fatal(err)
	}
	text, _ := os.ReadFile(path)
	if want := "ID,ImageWidth,ImageHeight,PredictionString\nA,6,10,16 0.750000 " + one + " 0 0.500000 " + one + " 3 0.250000 " + two + "\nB,4,4,\n"; string(text) != want {
		t.Errorf("%s\nwant %s", text, want)
	}
	table, err := ReadTable(path, 0)
	if err != nil {
		t.Fatal(err)
	}
	m, err := table.Mask("A", 9)
	if err != nil || len(m.Cells) != 2 || m.Cells[0].Area != 20 || m.Cells[1].Label != 2 || m.Cells[1].Area != 3 {
		t.Errorf("%+v %v", m, err)
	}
	if m, err := table.Mask("B", 9); err != nil || len(m.Cells) != 0 {
		t.Errorf("%+v %v", m, err)
	}
	if _, err := table.Mask("C", 9); !errors.As(err, new(*MissingError)) {
		t.Error(err)
	}
	if _, err := table.Mask("A", 1); err == nil || !strings.Contains(err.Error(), "submission.csv:2: it has more than 1 cells") {
		t.Error(err)
	}
}
