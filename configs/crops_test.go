package configs_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hpaflow/data"
	"hpaflow/data/atomicfile/foldertest"
	"hpaflow/data/codec"
	"hpaflow/data/crops"
	"hpaflow/data/predict"
	"hpaflow/data/shards"
	"hpaflow/data/table"
	"hpaflow/flow"
)

// maskOf writes the mask of a field of the example, of two cells that lie beside one
// another, and one at the border: 3, 7 and 300.
func maskOf(t *testing.T, path string, side int) {
	t.Helper()
	im := data.NewImage(side, side, 1, 16)
	fill := func(label uint16, left, top, width, height int) {
		for y := top; y < top+height; y++ {
			for x := left; x < left+width; x++ {
				im.Planes[0].U16[y*side+x] = label
			}
		}
	}
	fill(7, 10, 12, 20, 15)
	fill(3, 30, 12, 11, 21)
	fill(300, side-6, 2, 6, 9)
	b, err := codec.AppendRGBY(nil, im)
	if err == nil {
		err = os.WriteFile(path, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// fieldSide is that of the example's images.
func fieldSide(t *testing.T) int {
	t.Helper()
	im, err := codec.Decode(".png", mustRead(t, filepath.Join("example", example[0].ID+"_red.png")))
	if err != nil {
		t.Fatal(err)
	}
	return im.Width
}

// Cells of masks become PNGs of their own, with the labels of their fields; a second
// run has nothing to do, and a third does what is missing or has changed.
func TestCrops(t *testing.T) {
	dir := t.TempDir()
	masks, out, cells := filepath.Join(dir, "masks"), filepath.Join(dir, "out"), filepath.Join(dir, "cells.csv")
	if err := os.Mkdir(masks, 0o755); err != nil {
		t.Fatal(err)
	}
	side := fieldSide(t)
	for i, row := range example {
		suffix := []string{"_cp_masks.png", "_green_cp_masks.png", "_cellmask.png"}[i%3]
		maskOf(t, filepath.Join(masks, row.ID+suffix), side)
	}
	sets := []string{"input=example", "masks=" + masks, "output=" + out, "size=24", "border=drop", "table=example/train.csv"}
	more := []string{"cells=" + cells, "sheet=" + filepath.Join(dir, "sheet.png")}
	stats := mustRun(t, "crops.flow", flow.Options{}, append(slices.Clone(sets), more...)...)
	if stats.DeadLetters != 0 {
		t.Fatalf("%d dead letters", stats.DeadLetters)
	}
	files := foldertest.Results(t, out)
	rows, err := table.Read(cells, len(data.LabelNames))
	if err != nil || len(rows) != 2*len(example) || len(files) != len(rows) {
		t.Fatalf("%d rows and %d files of %d fields: %v", len(rows), len(files), len(example), err)
	}
	for i, row := range example {
		for k, label := range []uint32{3, 7} {
			id := crops.Key(row.ID, label)
			if got := rows[2*i+k]; got.ID != id || got.Labels != row.Labels {
				t.Errorf("row %d is %+v, want %s with %v", 2*i+k, got, id, row.Labels)
			}
			isCrop(t, filepath.Join(out, id+".png"), row.ID, label, side)
		}
	}
	if _, err := codec.DecodeRGBY(mustRead(t, filepath.Join(dir, "sheet.png"))); err != nil {
		t.Errorf("the sheet: %v", err)
	}

	again := mustRun(t, "crops.flow", flow.Options{}, sets...)
	if first := again.Stages[0]; first.Complete != int64(len(example)) || first.Out != 0 {
		t.Errorf("the second run yielded %d fields and found %d complete", first.Out, first.Complete)
	}
	gone := filepath.Join(out, crops.Key(example[1].ID, 7)+".png")
	if err := os.Remove(gone); err != nil {
		t.Fatal(err)
	}
	maskOf(t, filepath.Join(masks, example[0].ID+"_cp_masks.png"), side-1)
	third, err := run(t, "crops.flow", flow.Options{}, sets...)
	if err != nil || third.DeadLetters != 1 { // the mask of another size
		t.Errorf("%d dead letters: %v", third.DeadLetters, err)
	}
	if made := third.Stages[len(third.Stages)-1]; made.Out != 1 {
		t.Errorf("the third run made %d crops, want the one that was gone", made.Out)
	}
	maskOf(t, filepath.Join(masks, example[0].ID+"_cp_masks.png"), side)
	if b := foldertest.Results(t, out); !maps.Equal(b, files) {
		t.Error("the third run's crops are others")
	}
}

// isCrop compares a crop with the field that it is of.
func isCrop(t *testing.T, path, field string, label uint32, side int) {
	t.Helper()
	im, err := codec.DecodeRGBY(mustRead(t, path))
	if err != nil || im.Width != 24 || im.Height != 24 || len(im.Planes) != 4 {
		t.Fatalf("%s: %+v %v", path, im, err)
	}
	left, top, width, height := 10-2, 12-4, 20, 15 // the box is in the middle
	if label == 3 {
		left, top, width, height = 30-6, 12-1, 11, 21
	}
	for c, colour := range data.Colours {
		from, err := codec.Decode(".png", mustRead(t, filepath.Join("example", field+"_"+colour+".png")))
		if err != nil {
			t.Fatal(err)
		}
		for i, got := range im.Planes[c].U8 {
			x, y := i%24, i/24
			want := from.Planes[0].U8[(top+y)*side+left+x]
			if dx, dy := x-(24-width)/2, y-(24-height)/2; dx < 0 || dy < 0 || dx >= width || dy >= height {
				want = 0
			}
			if got != want {
				t.Fatalf("%s, %s: pixel %d,%d is %d, want %d", path, colour, x, y, got, want)
			}
		}
	}
}

// Shards of crops do not depend on workers, and are gone on with; the masks of a
// submission give the same crops as label images of the same cells.
func TestCropsOfASubmission(t *testing.T) {
	dir := t.TempDir()
	masks, submission := filepath.Join(dir, "masks"), filepath.Join(dir, "submission.csv")
	if err := os.Mkdir(masks, 0o755); err != nil {
		t.Fatal(err)
	}
	side := fieldSide(t)
	var fields []crops.Field
	for _, row := range example {
		path := filepath.Join(masks, row.ID+".png")
		maskOf(t, path, side)
		im, err := codec.DecodeLabels(path, mustRead(t, path))
		if err != nil {
			t.Fatal(err)
		}
		m, err := crops.OfLabels(im, 9)
		if err != nil {
			t.Fatal(err)
		}
		f := crops.Field{ID: row.ID, Width: side, Height: side}
		for _, c := range m.Cells {
			for _, label := range []int{16, 2} {
				f.Claims = append(f.Claims, crops.Claim{Label: label, Confidence: .5, Mask: m.RLE(c).String()})
			}
		}
		fields = append(fields, f)
	}
	if err := crops.WriteTable(submission, fields); err != nil {
		t.Fatal(err)
	}
	images := func(from string, workers int) []string {
		out := filepath.Join(t.TempDir(), "out")
		sets := []string{"input=example", "masks=" + from, "output=" + out, "size=24", "format=shards", "table=example/train.csv", "background=keep"}
		mustRun(t, "crops.flow", flow.Options{Workers: workers}, sets...)
		if again := mustRun(t, "crops.flow", flow.Options{Workers: workers}, sets...); again.Stages[0].Out != 0 {
			t.Errorf("a second run yielded %d fields", again.Stages[0].Out)
		}
		r, err := shards.Open(out, shards.Planes)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		var list []string
		for _, e := range r.Entries() {
			f, err := r.File(e.Key)
			if err != nil {
				t.Fatal(err)
			}
			s, err := shards.DecodeSample(f.Data)
			if err != nil {
				t.Fatal(err)
			}
			field, _, _ := crops.SplitKey(e.Key)
			list = append(list, field+" "+s.Labels.String()+" "+string(s.Image.Planes[1].U8))
		}
		return list
	}
	want := images(masks, 1)
	if len(want) != 3*len(example) || !slices.Equal(images(masks, 4), want) || !slices.Equal(images(submission, 2), want) {
		t.Error("crops differ with workers, or with how their masks are written")
	}
	if _, err := run(t, "crops.flow", flow.Options{}, "input=example", "masks=example", "output="+dir+"/none", "mask_suffix=_cells"); err == nil || !strings.Contains(err.Error(), "none of 6 samples has a mask in example") {
		t.Errorf("a folder without masks: %v", err)
	}
}

// Probabilities of crops become a submission to the challenge of 2021, in the order
// of its sample, whose masks are those that the crops were made with.
func TestCellSubmit(t *testing.T) {
	dir := t.TempDir()
	side := fieldSide(t)
	first, second, third := example[0].ID, example[1].ID, example[2].ID
	for _, id := range []string{first, second} {
		maskOf(t, filepath.Join(dir, id+"_cp_masks.png"), side)
	}
	p := make([]float64, 19)
	p[3], p[18] = .25, .75
	rows := &predict.Table{Classes: 19, Rows: []*data.Prediction{
		{ID: crops.Key(second, 300), P: p}, {ID: crops.Key(first, 3), P: p}, {ID: crops.Key(second, 7), P: p},
	}}
	order := []crops.Field{{ID: third, Width: 9, Height: 8}, {ID: first, Width: side, Height: side}, {ID: second, Width: side, Height: side}}
	table, sample, out := filepath.Join(dir, "p.csv"), filepath.Join(dir, "sample.csv"), filepath.Join(dir, "submission.csv")
	if err := predict.Write(table, rows); err != nil {
		t.Fatal(err)
	}
	if err := crops.WriteTable(sample, order); err != nil {
		t.Fatal(err)
	}
	sets := []string{"test=" + table, "masks=" + dir, "order=" + sample, "out=" + out}
	mustRun(t, "cell-submit.flow", flow.Options{}, sets...)
	lines := readCSV(t, out)
	if len(lines) != 3 || lines[0][0] != third || lines[0][1] != "9" || lines[0][3] != "" || lines[1][0] != first || lines[2][0] != second {
		t.Fatalf("%q", lines)
	}
	words := strings.Fields(lines[2][3])
	if len(words) != 12 || words[0] != "3" || words[1] != "0.250000" || words[3] != "18" || words[4] != "0.750000" || words[2] != words[5] || words[2] == words[8] {
		t.Errorf("%.60q", words)
	}
	runs, err := crops.ParseRLE(words[2], side, side)
	if err != nil || runs[0] != uint32((side-6)*side+2) { // six columns from the right, two rows down
		t.Errorf("%v %v", runs, err)
	}

	rows.Rows[0].ID = crops.Key(second, 301)
	if err := predict.Write(table, rows); err != nil {
		t.Fatal(err)
	}
	if _, err := run(t, "cell-submit.flow", flow.Options{}, sets...); err == nil || !strings.Contains(err.Error(), "no cell 301") {
		t.Errorf("a crop of no cell: %v", err)
	}
}
