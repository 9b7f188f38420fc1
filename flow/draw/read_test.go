package draw_test

import (
	"encoding/xml"
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// readText reads a drawing whose boxes and arrows are lines: the first pattern
// gives a box's name and its two lines of text, the second the names of two
// boxes and a label.
func readText(t *testing.T, text string, box, arrow *regexp.Regexp, unescape *strings.Replacer) picture {
	t.Helper()
	var p picture
	says := map[string]string{}
	for _, m := range box.FindAllStringSubmatch(text, -1) {
		says[m[1]] = unescape.Replace(m[2]) + ", " + unescape.Replace(m[3])
		p.boxes = append(p.boxes, says[m[1]])
	}
	for _, m := range arrow.FindAllStringSubmatch(text, -1) {
		from, to, label := m[arrow.SubexpIndex("from")], m[arrow.SubexpIndex("to")], m[arrow.SubexpIndex("label")]
		if says[from] == "" || says[to] == "" {
			t.Errorf("an arrow from %q to %q", from, to)
		}
		p.arrows = append(p.arrows, [3]string{says[from], says[to], unescape.Replace(label)})
	}
	return p
}

func readDot(t *testing.T, text string) picture {
	return readText(t, text, regexp.MustCompile(`(?m)^  (n\d+) \[label="(.*?)\\n(.*?)" fillcolor=`),
		regexp.MustCompile(`(?m)^  (?P<from>n\d+) -> (?P<to>n\d+) \[label="(?P<label>.*)"\]$`), strings.NewReplacer(`\\`, `\`, `\"`, `"`))
}

func readMermaid(t *testing.T, text string) picture {
	return readText(t, text, regexp.MustCompile(`(?m)^  (n\d+)\("(.*)<br/>(.*)"\)$`),
		regexp.MustCompile(`(?m)^  (?P<from>n\d+) -->\|"(?P<label>.*)"\| (?P<to>n\d+)$`),
		strings.NewReplacer("#35;", "#", "#quot;", `"`, "#lt;", "<", "#gt;", ">", "#96;", "`"))
}

// elements are those of an SVG that are looked at.
type elements struct {
	ViewBox string `xml:"viewBox,attr"`
	Rects   []rect `xml:"rect"`
	Texts   []struct {
		X      float64  `xml:"x,attr"`
		Y      float64  `xml:"y,attr"`
		Spans  []string `xml:"tspan"`
		Plain  string   `xml:",chardata"`
		Anchor string   `xml:"text-anchor,attr"`
	} `xml:"text"`
	Paths []struct {
		D    string `xml:"d,attr"`
		Fill string `xml:"fill,attr"`
	} `xml:"path"`
}

// rect is a box, in pixels.
type rect struct {
	X float64 `xml:"x,attr"`
	Y float64 `xml:"y,attr"`
	W size    `xml:"width,attr"`
	H size    `xml:"height,attr"`

	says []string // the lines of text in it
}

// size is a length in pixels; that of the ground, which is none, is 0.
type size float64

func (s *size) UnmarshalText(b []byte) error {
	if string(b) == "100%" {
		return nil
	}
	_, err := fmt.Sscan(string(b), (*float64)(s))
	return err
}

func (r rect) right() float64  { return r.X + float64(r.W) }
func (r rect) bottom() float64 { return r.Y + float64(r.H) }

// holds says whether a point lies in the box, more than a little from its edge.
func (r rect) holds(x, y float64) bool {
	const edge = .2 // coordinates are rounded to tenths
	return x > r.X+edge && x < r.right()-edge && y > r.Y+edge && y < r.bottom()-edge
}

// readSVG reads a picture by where things stand: a text belongs to the box it
// is in, an arrow to the box under whose edge it starts and the one it points
// at, a label to the arrow's end that it is next to. Boxes that overlap, arrows
// that run through one and what lies outside the picture are faults.
func readSVG(t *testing.T, text string) picture {
	var e elements
	if err := xml.Unmarshal([]byte(text), &e); err != nil {
		t.Fatal(err)
	}
	var left, top, width, height float64
	if _, err := fmt.Sscan(e.ViewBox, &left, &top, &width, &height); err != nil {
		t.Fatal(err)
	}
	boxes := e.Rects[1:] // the first is the ground
	for i, a := range boxes {
		if a.X < left || a.Y < top || a.right() > left+width || a.bottom() > top+height {
			t.Errorf("box %d is not in the picture: %+v", i, a)
		}
		for j, b := range boxes[:i] {
			if a.X < b.right() && b.X < a.right() && a.Y < b.bottom() && b.Y < a.bottom() {
				t.Errorf("boxes %d and %d overlap", i, j)
			}
		}
	}
	type label struct {
		x, y float64
		text string
	}
	var labels []label
texts:
	for _, x := range e.Texts {
		says := strings.TrimSpace(x.Plain)
		if len(x.Spans) > 0 {
			says = strings.Join(x.Spans, " ")
		}
		for i := range boxes {
			if x.Anchor == "middle" && boxes[i].holds(x.X, x.Y) {
				boxes[i].says = append(boxes[i].says, says)
				continue texts
			}
		}
		labels = append(labels, label{x.X, x.Y, says})
	}
	var p picture
	says := func(r rect) string { return strings.Join(r.says, ", ") }
	for _, b := range boxes {
		p.boxes = append(p.boxes, says(b))
	}
	for _, path := range e.Paths {
		if path.Fill != "none" {
			continue // an arrow's head
		}
		arrow := [3]string{"nothing", "nothing", "nothing"}
		points := trace(t, path.D)
		start, end := points[0], points[len(points)-1]
		for i, b := range boxes {
			for _, at := range points {
				if b.holds(at[0], at[1]) {
					t.Errorf("an arrow runs through box %d, %s", i, says(b))
					break
				}
			}
			if start[0] > b.X && start[0] < b.right() && start[1] == b.bottom() {
				arrow[0] = says(b)
			}
			if end[0] > b.X && end[0] < b.right() && end[1] < b.Y && end[1] > b.Y-10 {
				arrow[1] = says(b)
			}
		}
		nearest := 20.0
		for _, l := range labels {
			if off := l.x - end[0]; off > 0 && off < nearest && l.y < end[1] && l.y > end[1]-30 {
				nearest, arrow[2] = off, l.text
			}
		}
		p.arrows = append(p.arrows, arrow)
	}
	if len(labels) != len(p.arrows) {
		t.Errorf("%d labels beside %d arrows", len(labels), len(p.arrows))
	}
	return p
}

// trace follows a path of moves, cubic curves and vertical lines, in small
// steps.
func trace(t *testing.T, d string) [][2]float64 {
	t.Helper()
	var points [][2]float64
	var at [2]float64
	for rest := strings.TrimSpace(d); rest != ""; rest = strings.TrimSpace(rest) {
		var a, b, to [2]float64
		var err error
		numbers := rest[1:]
		switch rest[0] {
		case 'M':
			_, err = fmt.Sscan(numbers, &to[0], &to[1])
			a, b, at = to, to, to
		case 'V':
			to[0] = at[0]
			_, err = fmt.Sscan(numbers, &to[1])
			a, b = at, to
		case 'C':
			_, err = fmt.Sscan(numbers, &a[0], &a[1], &b[0], &b[1], &to[0], &to[1])
		default:
			err = fmt.Errorf("command %q", rest[:1])
		}
		if err != nil {
			t.Fatalf("path %q: %v", d, err)
		}
		const steps = 64
		for i := range steps + 1 {
			u := float64(i) / steps
			v := 1 - u
			var p [2]float64
			for k := range p {
				p[k] = v*v*v*at[k] + 3*v*v*u*a[k] + 3*v*u*u*b[k] + u*u*u*to[k]
			}
			points = append(points, p)
		}
		at = to
		next := strings.IndexAny(numbers, "MVC")
		if next < 0 {
			break
		}
		rest = numbers[next:]
	}
	return points
}
