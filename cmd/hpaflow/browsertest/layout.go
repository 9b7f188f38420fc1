package browsertest

import (
	_ "embed" // what is run in the page
	"fmt"
	"testing"
)

//go:embed layout.js
var layoutScript string

// Layout names what is wrong with how the page is laid out now, by the boxes of
// its lines of text: text over text, text that is cut off, text or boxes beyond
// the window's right edge. Text that a box scrolls to is not cut off, nor is text
// that ends in an ellipsis where a title tells all of it.
func (p *Page) Layout() []string {
	p.t.Helper()
	return Eval[[]string](p, layoutScript)
}

// Check fails a test for what Layout and Complaints name, at all widths, and keeps
// a picture of each; in light and, at the widest, in dark.
func (p *Page) Check(t testing.TB, name string) {
	t.Helper()
	look := func(width int, colours string) {
		t.Helper()
		p.settle()
		p.Keep(fmt.Sprintf("%s-%d%s", name, width, colours))
		for _, fault := range p.Layout() {
			t.Errorf("%s, %d pixels wide: %s", name, width, fault)
		}
	}
	for _, width := range Widths {
		p.Resize(width)
		look(width, "")
	}
	p.Dark(true)
	look(Widths[len(Widths)-1], "-dark")
	p.Dark(false)
	p.settle()
	for _, said := range p.Complaints() {
		t.Errorf("%s: the browser says %s", name, said)
	}
}

// settle waits until what the page does because of a change has been drawn.
func (p *Page) settle() {
	p.t.Helper()
	Eval[bool](p, `new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(true), 100))))`)
}
