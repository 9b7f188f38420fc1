package report

import (
	"cmp"
	"fmt"
	"image/color"
	"io"
	"slices"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"hpaflow/data/embed"
)

// LocationCount is how many cells of a map have a location.
type LocationCount struct {
	Location string
	Cells    int
}

// CountLocations are those of a map, the most frequent first.
func CountLocations(m *embed.Map) []LocationCount {
	counts := map[string]int{}
	for _, p := range m.Points {
		counts[p.Location]++
	}
	var list []LocationCount
	for location, n := range counts {
		list = append(list, LocationCount{location, n})
	}
	slices.SortFunc(list, func(a, b LocationCount) int {
		return cmp.Or(cmp.Compare(b.Cells, a.Cells), cmp.Compare(a.Location, b.Location))
	})
	return list
}

// mostLocations have a colour of their own; the rest share one.
const mostLocations = 16

// DrawEmbeddings draws a map of embeddings as a PNG: a point a cell, coloured by
// its location.
func DrawEmbeddings(w io.Writer, m *embed.Map) error {
	title := fmt.Sprintf("%d cells by the first two principal components of their embeddings", len(m.Points))
	if m.Cells > len(m.Points) {
		title = fmt.Sprintf("%d of %d cells by the first two principal components of their embeddings", len(m.Points), m.Cells)
	}
	p := newChart(title)
	p.X.Label.Text = fmt.Sprintf("first component, %.0f%% of the variance", 100*m.Shares[0])
	p.Y.Label.Text = fmt.Sprintf("second component, %.0f%%", 100*m.Shares[1])
	p.Legend.Left, p.Legend.XOffs = false, 0
	points := map[string]plotter.XYs{}
	for _, c := range m.Points {
		points[c.Location] = append(points[c.Location], plotter.XY{X: c.X, Y: c.Y})
	}
	radius := vg.Points(2.5)
	if len(m.Points) > 2000 {
		radius = vg.Points(1.3)
	}
	locations := CountLocations(m)
	if len(locations) > mostLocations {
		var rest plotter.XYs
		cells := 0
		for _, l := range locations[mostLocations-1:] {
			rest, cells = append(rest, points[l.Location]...), cells+l.Cells
		}
		style := draw.GlyphStyle{Color: evenColour, Radius: radius, Shape: draw.CircleGlyph{}}
		if err := addPoints(p, fmt.Sprintf("others (%d)", cells), rest, style); err != nil {
			return err
		}
		locations = locations[:mostLocations-1]
	}
	for i, l := range locations {
		style := draw.GlyphStyle{Color: distinct[i], Radius: radius, Shape: draw.CircleGlyph{}}
		if err := addPoints(p, fmt.Sprintf("%s (%d)", cmp.Or(l.Location, "not known"), l.Cells), points[l.Location], style); err != nil {
			return err
		}
	}
	if span := p.X.Max - p.X.Min; span > 0 {
		p.X.Max += .32 * span // where the legend stands
	}
	return writeChart(w, 11, 7.5, p)
}

// distinct are colours that tell locations apart (Tableau's, and darker ones).
var distinct = [mostLocations]color.NRGBA{
	{31, 119, 180, 210}, {255, 127, 14, 210}, {44, 160, 44, 210}, {214, 39, 40, 210}, {148, 103, 189, 210}, {140, 86, 75, 210},
	{227, 119, 194, 210}, {188, 189, 34, 210}, {23, 190, 207, 210}, {0, 0, 0, 210}, {174, 199, 232, 210}, {255, 187, 120, 210},
	{0, 90, 50, 210}, {128, 0, 64, 210}, {0, 0, 160, 210}, {255, 215, 0, 210},
}
