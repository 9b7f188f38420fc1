package embed

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"hpaflow/data/embed"
	"hpaflow/data/goldentest"
	"hpaflow/models/cpu/kernels"
)

func TestPlanesOf(t *testing.T) {
	ours, crops := []string{"red", "green", "blue", "yellow"}, []string{"blue", "yellow", "red", "green"}
	for _, c := range []struct {
		letters string
		planes  []string
		want    []int
		fault   string
	}{
		{"rybg", ours, []int{0, 3, 2, 1}, ""},
		{"rybg", crops, []int{2, 1, 0, 3}, ""},
		{"bg", ours, []int{2, 1}, ""},
		{"bg", []string{"blue", "green"}, []int{0, 1}, ""},
		{"rbg", []string{"blue", "green"}, nil, "reads red, which is not among them"},
		{"bg", []string{"blue", "green", "blue"}, nil, `two planes are called "blue"`},
		{"bg", []string{"a", "b", "c", "blue", "green"}, []int{3, 4}, ""},
		{"bg", strings.Split("blue green a b c d e f g h i j k l m n o", " "), nil, "17 names"},
	} {
		got, err := planesOf(c.letters, c.planes)
		if !slices.Equal(got, c.want) || (c.fault != "") != (err != nil) || err != nil && !strings.Contains(err.Error(), c.fault) {
			t.Errorf("%s of %v: %v, %v", c.letters, c.planes, got, err)
		}
	}
}

// TestCosines: blocks of any size give what comparing one by one does, and the cells
// stay as they are.
func TestCosines(t *testing.T) {
	for _, cells := range []int{1, 2, 7, soughtAtOnce + 5} {
		const values, k = 20, 3
		c := &cosines{k: k, ws: kernels.NewWorkspaceOf(2)}
		for i := range cells {
			r := &embed.Row{ID: fmt.Sprint(i)}
			for v := range values {
				r.Features = append(r.Features, float32(goldentest.Hash(r.ID, v)>>20)-2000)
			}
			before := slices.Clone(r.Features)
			if err := c.add(r); err != nil || !slices.Equal(r.Features, before) {
				t.Fatalf("%s: %v, or it was changed", r.ID, err)
			}
		}
		at := 0
		err := c.each(func(n *embed.Neighbours) error {
			if n.ID != fmt.Sprint(at) || len(n.Near) != min(k, cells-1) {
				t.Fatalf("%d cells: %s has %d neighbours", cells, n.ID, len(n.Near))
			}
			if at%100 == 3 {
				var all []float64
				for j, row := range c.rows {
					var sum float64
					for v := range row {
						sum += float64(row[v]) * float64(c.rows[at][v])
					}
					if j != at {
						all = append(all, sum)
					}
				}
				slices.Sort(all)
				for i, near := range n.Near {
					if want := all[len(all)-1-i]; math.Abs(float64(near.Cosine)-want) > 1e-5 {
						t.Fatalf("%d cells: neighbour %d of %s at %v, want %v", cells, i, n.ID, near.Cosine, want)
					}
				}
			}
			at++
			return nil
		})
		if err != nil || at != cells {
			t.Errorf("%d of %d cells; %v", at, cells, err)
		}
	}
	c := &cosines{k: 1}
	if err := c.add(&embed.Row{ID: "a", Features: []float32{1}}); err != nil {
		t.Fatal(err)
	}
	if err := c.add(&embed.Row{ID: "b", Features: []float32{1, 2}}); err == nil || !strings.Contains(err.Error(), "b has 2 values, a has 1") {
		t.Errorf("cells of other lengths: %v", err)
	}
}
