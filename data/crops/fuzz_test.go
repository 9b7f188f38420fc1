package crops

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"hpaflow/data/codec"
)

// FuzzRLE: whatever stands in a table is a mask of exactly the field's pixels, that
// is written and read again as it is, or an error; and nobody takes much memory.
func FuzzRLE(f *testing.F) {
	f.Add("052nU24M2N2N1O2N101N", 12, 9)
	f.Add(RLE{10, 20, 30}.String(), 6, 10)
	f.Add("", 1, 1)
	f.Fuzz(func(t *testing.T, text string, width, height int) {
		if width < 1 || height < 1 || width > 1<<10 || height > 1<<10 {
			return
		}
		for _, parse := range []func() (RLE, error){
			func() (RLE, error) { return ParseRLE(text, width, height) },
			func() (RLE, error) { return parseCounts([]byte(text), int64(width*height)) },
		} {
			runs, err := parse()
			if err != nil {
				continue
			}
			again, err := ParseRLE(runs.String(), width, height)
			if err != nil || !slices.Equal(again, runs) {
				t.Fatalf("%v became %v (%v)", runs, again, err)
			}
			c, found := runs.cell(1, height)
			if !found {
				continue
			}
			n := 0
			for _, in := range (&Mask{Width: width, Height: height}).Inside(c) {
				if in {
					n++
				}
			}
			if n != c.Area || c.X < 0 || c.Y < 0 || c.X+c.W > width || c.Y+c.H > height {
				t.Fatalf("%v: %d pixels in %+v", runs, n, c)
			}
		}
	})
}

// FuzzPrediction: a row of a submission gives cells within its field, or an error.
func FuzzPrediction(f *testing.F) {
	one := RLE{10, 20, 30}.String()
	f.Add("16 0.5 " + one + " 3 1 " + one)
	f.Add("0 1")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := tableRow{width: 6, height: 10, text: text}.mask(3)
		if err != nil {
			return
		}
		if len(m.Cells) > 3 {
			t.Fatalf("%d cells", len(m.Cells))
		}
		for _, c := range m.Cells {
			if c.X+c.W > 6 || c.Y+c.H > 10 || c.Area < 1 {
				t.Fatalf("%+v", c)
			}
			m.Inside(c)
		}
	})
}

// The cells of any label image are the same by its pixels and by their runs.
func TestRunsOfAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(1, 12).Draw(t, "w"), rapid.IntRange(1, 12).Draw(t, "h")
		labels := rapid.SliceOfN(rapid.Uint32Range(0, 4), w*h, w*h).Draw(t, "labels")
		m, err := OfLabels(&codec.LabelImage{Width: w, Height: h, Labels: labels}, 10)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0
		for _, c := range m.Cells {
			sum += c.Area
			runs, err := ParseRLE(m.RLE(c).String(), w, h)
			if err != nil {
				t.Fatal(err)
			}
			again, found := runs.cell(c.Label, h)
			other := &Mask{Width: w, Height: h}
			if again.runs = nil; !found || again.Area != c.Area || again.X != c.X || again.Y != c.Y || again.W != c.W || again.H != c.H {
				t.Fatalf("%+v became %+v", c, again)
			}
			again.runs = runs
			if !slices.Equal(other.Inside(again), m.Inside(c)) {
				t.Fatalf("cell %d has other pixels", c.Label)
			}
		}
		for _, v := range labels {
			if v != 0 {
				sum--
			}
		}
		if sum != 0 {
			t.Fatalf("%d pixels are in no cell, or in two", -sum)
		}
	})
}

// packed is COCO's text as the challenge has it.
func packed(counts []byte) string {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	z.Write(counts)
	z.Close()
	return base64.StdEncoding.EncodeToString(b.Bytes())
}

// A megabyte of zeros in a few bytes, numbers beyond any field, runs that cover less
// or more than it, and text of other sorts are refused.
func TestHostileMasks(t *testing.T) {
	for want, text := range map[string]string{
		"no base64":          "%%%",
		"unexpected EOF":     "",
		"invalid header":     base64.StdEncoding.EncodeToString([]byte("not zlib at all")),
		"cover 3 of 60":      packed([]byte("3")),
		"not those of 60":    packed([]byte("ooo1")),
		"cut off":            packed([]byte("oooooooooooooo")),
		"COCO's have not":    packed([]byte("\x01")),
		"more than 496":      packed(make([]byte, 1<<20)),
		"run lengths are no": packed([]byte("O")), // negative
	} {
		if _, err := ParseRLE(text, 6, 10); err == nil || !bytes.Contains([]byte(err.Error()), []byte(want)) {
			t.Errorf("%q: %v", want, err)
		}
	}
	cut := packed([]byte("0`0"))
	if _, err := ParseRLE(cut[:len(cut)-8], 6, 10); err == nil {
		t.Error("a mask that is cut off was read")
	}
}
