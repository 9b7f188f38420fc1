package codec

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"hpaflow/data"
	"hpaflow/data/goldentest"
)

// archive has the files that testdata/choices.py writes, and what NumPy makes of them.
const archive = "testdata/choices.zip"

func choice(t *testing.T, z, pick, rule string) Choice {
	t.Helper()
	var c Choice
	var errs [3]error
	c.Z, errs[0] = ParsePick(z, false)
	c.T, errs[1] = ParsePick(pick, true)
	c.Range, errs[2] = ParseRange(rule)
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// TestChoiceIsNumPys: ranges, the brightest and the mean are NumPy's, to the bit.
func TestChoiceIsNumPys(t *testing.T) {
	files, lines := goldentest.Archive(t, archive)
	for _, line := range lines {
		words := strings.Split(line, " ")
		for i := range words {
			if words[i] == "-" {
				words[i] = ""
			}
		}
		rule := strings.ReplaceAll(words[3], "_", " ")
		im, err := choice(t, words[1], words[2], rule).DecodeChannels(words[0], files[words[0]])
		if err != nil {
			t.Errorf("%s: %v", line[:40], err)
			continue
		}
		var got []string
		for _, p := range im.Planes {
			for _, v := range values(p) {
				got = append(got, fmt.Sprint(v))
			}
		}
		if fmt.Sprint(len(im.Planes), im.Depth()) != words[4]+" "+words[5] || !slices.Equal(got, strings.Split(words[6], ",")) {
			t.Errorf("%.60s: %d planes of %d bits, other pixels than NumPy's:\n%v\n%v", line, len(im.Planes), im.Depth(), got, words[6])
		}
	}
}

// TestChoicesThatAreNeeded: a file says what there is to choose from, and how.
func TestChoicesThatAreNeeded(t *testing.T) {
	files, _ := goldentest.Archive(t, archive)
	for _, c := range []struct{ file, z, t, rule, want string }{
		{"stack-u2.tif", "", "", "", `it holds 3 channels, 5 slices, 2 times; choose by z = 0 to 4, "max" or "mean", or "all" for a sample of each`},
		{"stack-u2.tif", "max", "", "", `it holds 3 channels, 5 slices, 2 times; choose by t = 0 to 1, or "all" for a sample of each`},
		{"stack-u2.tif", "5", "0", "", `z = 5: it holds 3 channels, 5 slices, 2 times; numbers go from 0 to 4`},
		{"stack-u2.tif", "0", "2", "", `t = 2: it holds 3 channels, 5 slices, 2 times; numbers go from 0 to 1`},
		{"stack-u2.tif", "all", "0", "", `it holds 3 channels, 5 slices, 2 times, and this source does not make a sample of each slice; choose one by z = 0 to 4`},
		{"range-f4.tif", "", "", "", `32-bit floating-point samples have no place in 8 or 16 bits without a rule; give one: range = "min-max", "percentile 0.1 99.9", "LO HI" or "full"`},
		{"range-i2.tif", "", "", "", `16-bit signed samples have no place`},
	} {
		_, err := choice(t, c.z, c.t, c.rule).DecodeChannels(c.file, files[c.file])
		if err == nil || !strings.Contains(err.Error(), "tiff: page 1: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.file, err, c.want)
		}
	}
	if _, err := choice(t, "0", "0", "").Decode("stack-u2.tif", files["stack-u2.tif"]); err == nil || !strings.Contains(err.Error(), "it holds 3 channels, 5 slices, 2 times, where one plane is wanted; write each channel to a file of its own") {
		t.Errorf("one plane: %v", err)
	}
	// A file may be one slice of many.
	c := Choice{}.For(data.File{Z: 4, T: 2})
	want, err := choice(t, "3", "1", "").DecodeChannels("stack-u2.tif", files["stack-u2.tif"])
	if err != nil {
		t.Fatal(err)
	}
	if got, err := c.DecodeChannels("stack-u2.tif", files["stack-u2.tif"]); err != nil || !slices.Equal(got.Planes[2].U16, want.Planes[2].U16) {
		t.Errorf("slice 3 at time 1: %v", err)
	}
}

func TestParse(t *testing.T) {
	for _, text := range []string{"maximum", "-1", "1.5", "01", "max mean", " "} {
		if _, err := ParsePick(text, false); err == nil {
			t.Errorf("z = %q is taken", text)
		}
	}
	for _, text := range []string{"max", "mean", "x"} {
		if _, err := ParsePick(text, true); err == nil || !strings.Contains(err.Error(), `neither "all" nor a number from 0`) {
			t.Errorf("t = %q: %v", text, err)
		}
	}
	for _, text := range []string{"minmax", "5 5", "9 1", "percentile 1", "percentile -1 99", "percentile 1 101", "full 1", "1 2 3", "nan 3", "0 inf", "percentile 9 1"} {
		if _, err := ParseRange(text); err == nil {
			t.Errorf("range = %q is taken", text)
		}
	}
}
