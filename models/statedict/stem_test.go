package statedict

import (
	"encoding/json"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
)

// TestStemsAreTimms: for any number of planes but four, filters for three become
// what timm makes of them (testdata/stem.py).
func TestStemsAreTimms(t *testing.T) {
	text, err := os.ReadFile("testdata/stem.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden map[string][]float64
	if err := json.Unmarshal(text, &golden); err != nil {
		t.Fatal(err)
	}
	three := make([]float32, 24)
	for i := range three {
		three[i] = float32((7*i+3)%23-11) / 8
	}
	got := []Tensor{{"stem", []int{2, 3, 2, 2}, three}}
	for planes := 1; planes <= 16; planes++ {
		want := golden[strconv.Itoa(planes)]
		if len(want) != 8*planes {
			t.Fatalf("%d golden numbers of %d planes", len(want), planes)
		}
		list, report, err := Fit([]Tensor{{"stem", []int{2, planes, 2, 2}, make([]float32, 8*planes)}}, got, Names{Stem: "stem"})
		if err != nil {
			t.Fatal(err)
		}
		if planes == 4 { // as the published networks for four colours were made
			if first, fourth := list[0].Data[:4], list[0].Data[12:16]; [4]float32(first) != [4]float32(fourth) || first[0] != three[0] {
				t.Errorf("four planes: %v", list[0].Data)
			}
			continue
		}
		for i, v := range want {
			if math.Abs(float64(list[0].Data[i])-v) > 1e-7*math.Abs(v) {
				t.Fatalf("%d planes: value %d is %v, want %v", planes, i, list[0].Data[i], v)
			}
		}
		if (report.Widened != "") != (planes != 3) {
			t.Errorf("%d planes: %q", planes, report.Widened)
		}
	}
}

// TestExactStems: what is to predict takes a stem for its own planes alone, and no
// network one that is neither for these nor for three.
func TestExactStems(t *testing.T) {
	for _, c := range []struct {
		have, want int
		exact      bool
		fault      string
	}{
		{5, 5, true, ""},
		{3, 5, false, ""},
		{3, 5, true, "it is for images of 3 planes, not 5"},
		{4, 5, false, "it is for images of 4 planes, not 5"},
	} {
		names := Names{Stem: "stem"}
		if c.exact {
			names = names.Whole()
		}
		_, _, err := Fit([]Tensor{{"stem", []int{2, c.want, 1, 1}, nil}}, []Tensor{{"stem", []int{2, c.have, 1, 1}, nil}}, names)
		if (err == nil) != (c.fault == "") || err != nil && !strings.Contains(err.Error(), c.fault) {
			t.Errorf("%d planes for %d: %v", c.have, c.want, err)
		}
	}
}
