package compare

import (
	"fmt"
	"math"
	"strings"
)

// The measures of a chart, in units of its view.
const (
	wide, high                = 420.0, 240.0
	left, right, top, bottom  = 44.0, 10.0, 10.0, 24.0
	lines                     = 12 // ways to draw a curve, by colour and dashes
	marks                     = 4  // spaces between the marks of an axis
	leastHeadroom, allOfShare = 1e-9, 1.0
)

// lineOf is how the curves of a run are drawn: a class of the style.
func lineOf(run int) int { return run % lines }

// chart is a drawing of one score over epochs.
type chart struct {
	Title  string
	High   float64 // of the view
	Wide   float64
	X, Y   []mark
	Curves []curve
}

// mark is a value on an axis.
type mark struct {
	At   float64 // where
	Text string
}

type curve struct {
	Line   int
	Name   string
	Points string
	BestX  float64
	BestY  float64
	Best   string
}

// nice is the next round number above.
func nice(v float64) float64 {
	ten := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10} {
		if v <= m*ten*(1+1e-9) {
			return m * ten
		}
	}
	return v
}

// drawChart draws a score of all runs, from 0 to the highest, but for what a first epoch
// may have above all others.
func drawChart(title string, runs []*run, share bool, of func(epoch) float64) chart {
	c := chart{Title: title, Wide: wide, High: high}
	first, last, most := math.Inf(1), math.Inf(-1), leastHeadroom
	for _, r := range runs {
		for i, e := range r.Epochs {
			first, last = min(first, float64(e.Epoch)), max(last, float64(e.Epoch))
			if v := of(e); i > 0 || len(r.Epochs) < 3 {
				most = max(most, v)
			}
		}
	}
	if most = nice(most); share {
		most = min(most, allOfShare)
	}
	x := func(v float64) float64 { return left + (v-first)/max(1, last-first)*(wide-left-right) }
	y := func(v float64) float64 { return top + (1-min(1, v/most))*(high-top-bottom) }
	for i := range marks + 1 {
		v := most * float64(i) / marks
		c.Y = append(c.Y, mark{y(v), fmt.Sprintf("%.3g", v)})
	}
	step := max(1, math.Ceil((last-first)/marks))
	for v := first; v <= last; v += step {
		c.X = append(c.X, mark{x(v), fmt.Sprintf("%.0f", v)})
	}
	for i, r := range runs {
		var b strings.Builder
		for k, e := range r.Epochs {
			if k > 0 {
				b.WriteByte(' ')
			}
			fmt.Fprintf(&b, "%.1f,%.1f", x(float64(e.Epoch)), y(of(e)))
		}
		best := r.Best()
		c.Curves = append(c.Curves, curve{Line: lineOf(i), Name: r.Name, Points: b.String(), BestX: x(float64(best.Epoch)), BestY: y(of(best)),
			Best: fmt.Sprintf("%s: %.4f at its best epoch, %d", r.Name, of(best), best.Epoch)})
	}
	return c
}
