package browsertest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// Each fault of a layout is named, and what is none is not.
func TestLayout(t *testing.T) {
	Browser(t)
	const page = `<!doctype html><meta charset="utf-8"><title>t</title><style>body { margin: 0; font: 16px sans-serif }</style>
<button id="next">next</button><p id="where">here</p><div id="case"></div>
<script>document.getElementById("next").onclick = () => document.getElementById("where").textContent = "there"</script>`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Content-Security-Policy", "img-src 'self'")
		fmt.Fprint(w, page)
	}))
	defer server.Close()
	p := Open(t, server.URL)
	p.Resize(360)
	for _, c := range []struct {
		name, html string
		faults     []string
	}{
		{"a paragraph", `<p>` + strings.Repeat("plain words ", 40), nil},
		{"text over text", `<div style="position:relative"><span style="position:absolute">under it all</span><span style="position:absolute;left:9px">over it all</span></div>`, []string{`"under it all" lies over "over it all"`}},
		{"cut", `<div style="width:50px;overflow:hidden;white-space:nowrap">more than there is room for</div>`, []string{`"more than there is room for" is cut off`}},
		{"an ellipsis", `<div title="more than there is room for" style="width:50px;overflow:hidden;white-space:nowrap;text-overflow:ellipsis">more than there is room for</div>`, nil},
		{"scrolled", `<div style="width:50px;overflow:auto;white-space:nowrap">more than there is room for</div><p>below it`, nil},
		{"a button", `<button style="width:50px;white-space:nowrap;text-align:left">more than it holds</button>`, []string{`"more than it holds" reaches out of its button`}},
		{"hidden", `<div style="position:absolute">one</div><div style="position:absolute;visibility:hidden">two</div>`, nil},
		{"too wide", `<div style="width:500px">x</div>`, []string{"the page is 500 pixels wide, the window 360"}},
		{"a drawing", `<svg width="100" height="20"><text y="15">same</text><text x="3" y="15">place</text></svg>`, []string{`"same" lies over "place"`}},
	} {
		Eval[string](p, fmt.Sprintf(`document.getElementById("case").innerHTML = %q`, c.html))
		if faults := p.Layout(); !slices.Equal(faults, c.faults) {
			t.Errorf("%s: %q, want %q", c.name, faults, c.faults)
		}
	}

	p.Press(kb.Tab + kb.Enter)
	p.Wait(`document.getElementById("where").textContent === "there"`)
	if text := p.Text("#where"); text != "there" {
		t.Errorf("it shows %q", text)
	}

	p.Complaints()
	Eval[int](p, `document.getElementById("case").innerHTML = '<img src="http://elsewhere.example/x.png">'; setTimeout(() => { throw new Error("oh no") }); 1`)
	p.settle()
	said := strings.Join(p.Complaints(), "\n")
	for _, want := range []string{"Content Security Policy", "oh no"} {
		if !strings.Contains(said, want) {
			t.Errorf("no %q in what the browser says: %s", want, said)
		}
	}
}
