package report

import (
	"fmt"
	"image/color"
	"io"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// The colours of what charts show.
var (
	valColour     = color.NRGBA{R: 31, G: 119, B: 180, A: 200}
	testValColour = color.NRGBA{R: 214, G: 96, B: 24, A: 255} // of train too, where there is no test_val
	evenColour    = color.NRGBA{R: 120, G: 120, B: 120, A: 255}
)

// newChart is an empty chart with a title, horizontal lines at the ticks, and
// its legend at the top.
func newChart(title string) *plot.Plot {
	p := plot.New()
	p.Title.Text, p.Title.Padding = title, vg.Points(6)
	p.Legend.Top, p.Legend.Padding = true, vg.Points(3)
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = color.Transparent, color.Gray{Y: 225}
	p.Add(grid)
	return p
}

// labelAxis puts the labels' names, which may be long, below a chart with a
// place for each label.
func labelAxis(p *plot.Plot, names []string) {
	var ticks plot.ConstantTicks
	for label, name := range names {
		ticks = append(ticks, plot.Tick{Value: float64(label), Label: name + "  "}) // the blanks keep it off its tick
	}
	p.X.Min, p.X.Max = -0.7, float64(len(names))-0.3
	p.X.Tick.Marker = ticks
	p.X.Tick.Label.Rotation = math.Pi / 3
	p.X.Tick.Label.XAlign, p.X.Tick.Label.YAlign = draw.XRight, draw.YCenter
}

// addLevel draws a dashed line across the chart.
func addLevel(p *plot.Plot, y float64) (*plotter.Line, error) {
	line, err := plotter.NewLine(plotter.XYs{{X: p.X.Min, Y: y}, {X: p.X.Max, Y: y}})
	if err != nil {
		return nil, err
	}
	line.Color, line.Dashes = evenColour, []vg.Length{vg.Points(4), vg.Points(3)}
	p.Add(line)
	return line, nil
}

// addPoints draws points that the legend names. There may be none.
func addPoints(p *plot.Plot, name string, points plotter.XYs, style draw.GlyphStyle) error {
	if len(points) == 0 {
		return nil
	}
	scatter, err := plotter.NewScatter(points)
	if err != nil {
		return err
	}
	scatter.GlyphStyle = style
	p.Add(scatter)
	p.Legend.Add(name, scatter)
	return nil
}

// writeChart draws charts side by side as a PNG, of a size in inches.
func writeChart(w io.Writer, width, height vg.Length, charts ...*plot.Plot) error {
	canvas := vgimg.NewWith(vgimg.UseWH(width*vg.Inch, height*vg.Inch), vgimg.UseDPI(96), vgimg.UseBackgroundColor(color.White))
	const margin = 10
	tiles := draw.Tiles{Rows: 1, Cols: len(charts), PadX: 0.4 * vg.Inch, PadTop: margin, PadBottom: margin, PadLeft: margin, PadRight: margin}
	for i, c := range plot.Align([][]*plot.Plot{charts}, tiles, draw.New(canvas))[0] {
		charts[i].Draw(c)
	}
	_, err := vgimg.PngCanvas{Canvas: canvas}.WriteTo(w)
	return err
}

// tenths are ticks at every tenth of 0..1.
type tenths struct{}

func (tenths) Ticks(float64, float64) (ticks []plot.Tick) {
	for i := range 11 {
		ticks = append(ticks, plot.Tick{Value: float64(i) / 10, Label: fmt.Sprintf("%.1f", float64(i)/10)})
	}
	return ticks
}

// wholeNumbers are ticks at whole numbers, about ten of them.
type wholeNumbers struct{}

func (wholeNumbers) Ticks(least, most float64) (ticks []plot.Tick) {
	step := math.Max(1, math.Ceil((most-least)/10))
	for v := math.Ceil(max(0, least)/step) * step; v <= most; v += step {
		ticks = append(ticks, plot.Tick{Value: v, Label: fmt.Sprintf("%.0f", v)})
	}
	return ticks
}
