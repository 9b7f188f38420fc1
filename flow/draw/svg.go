package draw

import (
	"cmp"
	"fmt"
	"html"
	"slices"
	"strings"

	"github.com/mattn/go-runewidth"
)

// Measures of the picture, in pixels.
const (
	boxHeight = 46.0
	rowHeight = 106.0
	columnGap = 34.0
	margin    = 20.0
	approach  = 30.0 // an arrow's straight end, beside which its label stands
	headSize  = 6.0
	indent    = 6.0 // between an arrow and its label

	titleSize = 13.0
	belowSize = 11.0
	labelSize = 10.5
)

// svg draws the flow from top to bottom.
func (d *drawing) svg() string {
	into := make([][]int, len(d.nodes)) // arrows, by the box they end at
	for i, e := range d.edges {
		into[e.to] = append(into[e.to], i)
	}
	widths := make([]float64, len(d.nodes))
	for i, n := range d.nodes {
		text := max(textWidth(n.title(), titleSize), textWidth(n.below, belowSize))
		widths[i] = max(110, text+28, d.entriesWidth(into[i]))
	}
	l := d.arrange(widths, columnGap)
	entries := d.entries(l, into)

	right := 0.0
	for i, e := range d.edges {
		right = max(right, entries[i]+indent+textWidth(e.label, labelSize))
	}
	for _, s := range l.spots {
		right = max(right, s.x+s.width/2)
	}
	width, height := right+2*margin, float64(len(l.rows)-1)*rowHeight+boxHeight+2*margin

	var b strings.Builder
	fmt.Fprintf(&b, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" viewBox=\"%.0f %.0f %.0f %.0f\"",
		width, height, -margin, -margin, width, height)
	b.WriteString(" font-family=\"system-ui, 'Segoe UI', Helvetica, Arial, sans-serif\">\n")
	fmt.Fprintf(&b, "<title>%s</title>\n", html.EscapeString(d.name))
	fmt.Fprintf(&b, "<rect x=\"%.0f\" y=\"%.0f\" width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n", -margin, -margin)
	for i := range d.edges {
		drawArrow(&b, l.paths[i], entries[i])
	}
	for i, e := range d.edges {
		drawText(&b, entries[i]+indent, l.spots[e.to].top()-11, labelSize, "start", "#5a5a5a", e.label)
	}
	for i, n := range d.nodes {
		drawBox(&b, n, l.spots[i])
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func (s *spot) top() float64    { return float64(s.row) * rowHeight }
func (s *spot) bottom() float64 { return s.top() + boxHeight }

// slot is the room that an arrow and its label take above a box.
func (d *drawing) slot(arrow int) float64 {
	return textWidth(d.edges[arrow].label, labelSize) + 3*indent
}

// entriesWidth is how wide a box must be for the labels of its arrows to stand
// side by side.
func (d *drawing) entriesWidth(arrows []int) float64 {
	if len(arrows) == 1 {
		return 2*d.slot(arrows[0]) - columnGap // it may use half of the gap
	}
	sum := 0.0
	for _, a := range arrows {
		sum += d.slot(a)
	}
	return sum
}

// entries are the places across at which the arrows end: side by side on
// their box, in the order they come from, so that they do not cross there.
func (d *drawing) entries(l *layout, into [][]int) []float64 {
	places := make([]float64, len(d.edges))
	for box, arrows := range into {
		x := l.spots[box].x
		if len(arrows) == 1 {
			places[arrows[0]] = x
			continue
		}
		from := func(a int) float64 { return l.paths[a][len(l.paths[a])-2].x }
		slices.SortStableFunc(arrows, func(a, b int) int { return cmp.Compare(from(a), from(b)) })
		x -= d.entriesWidth(arrows) / 2
		for _, a := range arrows {
			places[a] = x + 1.5*indent
			x += d.slot(a)
		}
	}
	return places
}

func drawArrow(b *strings.Builder, path []*spot, entry float64) {
	const color = "#9a9a9a"
	fmt.Fprintf(b, "<path d=\"M%.1f %.1f", path[0].x, path[0].bottom())
	x, y := path[0].x, path[0].bottom()
	for i, s := range path[1:] {
		toX, toY := s.x, s.top()
		if i == len(path)-2 {
			toX, toY = entry, s.top()-approach
		}
		middle := (y + toY) / 2
		fmt.Fprintf(b, " C%.1f %.1f %.1f %.1f %.1f %.1f", x, middle, toX, middle, toX, toY)
		if i < len(path)-2 {
			fmt.Fprintf(b, " V%.1f", s.bottom())
		}
		x, y = toX, s.bottom()
	}
	tip := path[len(path)-1].top()
	fmt.Fprintf(b, " V%.1f\" fill=\"none\" stroke=\"%s\" stroke-width=\"1.4\"/>\n", tip-headSize, color)
	fmt.Fprintf(b, "<path d=\"M%.1f %.1f l%.1f %.1f h%.1f z\" fill=\"%s\"/>\n", entry, tip-0.5, -headSize*0.65, -headSize-1, headSize*1.3, color)
}

func drawBox(b *strings.Builder, n box, s *spot) {
	p := n.paint()
	fmt.Fprintf(b, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"8\" fill=\"%s\" stroke=\"%s\" stroke-width=\"1.3\"",
		s.x-s.width/2, s.top(), s.width, boxHeight, p.fill, p.line)
	if p.dash != "" {
		fmt.Fprintf(b, " stroke-dasharray=\"%s\"", p.dash)
	}
	b.WriteString("/>\n")
	fmt.Fprintf(b, "<text x=\"%.1f\" y=\"%.1f\" font-size=\"%g\" text-anchor=\"middle\" fill=\"#1f1f1f\">", s.x, s.top()+20, titleSize)
	if n.kind != "" {
		fmt.Fprintf(b, "<tspan fill=\"%s\">%s</tspan> ", p.line, n.kind)
	}
	fmt.Fprintf(b, "<tspan font-weight=\"600\">%s</tspan></text>\n", html.EscapeString(n.name))
	drawText(b, s.x, s.top()+36, belowSize, "middle", "#5a5a5a", n.below)
}

func drawText(b *strings.Builder, x, y, size float64, anchor, color, text string) {
	fmt.Fprintf(b, "<text x=\"%.1f\" y=\"%.1f\" font-size=\"%g\" text-anchor=\"%s\" fill=\"%s\">%s</text>\n",
		x, y, size, anchor, color, html.EscapeString(text))
}

// textWidth estimates how wide a text is in a proportional font, on the safe
// side: the picture is drawn without knowing which font shows it.
func textWidth(text string, size float64) float64 {
	width := 0.0
	for _, r := range text {
		switch {
		case strings.ContainsRune("ijlt.,:;|!'()[] ", r):
			width += 0.36
		case strings.ContainsRune("mwMW@%", r):
			width += 0.92
		case r >= 'A' && r <= 'Z' || r == '_':
			width += 0.7
		default:
			width += 0.6 * float64(runewidth.RuneWidth(r))
		}
	}
	return width * size
}
