package draw

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Whatever the graph, boxes and joints of a row do not overlap, edges lead
// downwards, and no coordinate is lost.
func TestLayoutHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 14).Draw(t, "boxes")
		d := &drawing{nodes: make([]box, n)}
		for to := range n {
			for from := range to {
				if rapid.IntRange(0, 3).Draw(t, "edge") == 0 {
					d.edges = append(d.edges, arrow{from: from, to: to})
				}
			}
		}
		widths := rapid.SliceOfN(rapid.Float64Range(50, 300), n, n).Draw(t, "widths")
		const gap = 20
		l := d.arrange(widths, gap)
		seen := 0
		for r, row := range l.rows {
			for i, s := range row {
				seen++
				if s.row != r || math.IsNaN(s.x) || s.x-s.width/2 < -1e-6 {
					t.Fatalf("row %d: %+v", r, s)
				}
				if i > 0 && s.x-s.width/2-(row[i-1].x+row[i-1].width/2) < gap-1e-6 {
					t.Fatalf("row %d: %d and %d are too near", r, i-1, i)
				}
			}
		}
		if seen != len(l.spots) {
			t.Fatalf("%d spots in rows, of %d", seen, len(l.spots))
		}
		for i, path := range l.paths {
			if path[0] != l.spots[d.edges[i].from] || path[len(path)-1] != l.spots[d.edges[i].to] {
				t.Fatalf("edge %d ends elsewhere", i)
			}
			for j := range path[1:] {
				if path[j+1].row != path[j].row+1 {
					t.Fatalf("edge %d goes from row %d to %d", i, path[j].row, path[j+1].row)
				}
			}
		}
	})
}

// A diamond with a short cut: the cut passes the middle row by a joint.
func TestArrange(t *testing.T) {
	got := Arrange(4, [][2]int{{0, 1}, {0, 2}, {1, 3}, {2, 3}, {0, 3}})
	if len(got.Rows) != 3 || len(got.Rows[1]) != 3 || !slices.Contains(got.Rows[1], 4) || !slices.Equal(got.Paths[4], []int{0, 4, 3}) {
		t.Errorf("%+v", got)
	}
	if empty := Arrange(0, nil); len(empty.Rows) != 0 {
		t.Errorf("of nothing: %+v", empty)
	}
}
