package view

import (
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"hpaflow/cmd/hpaflow/browsertest"
	"hpaflow/data/corrections"
	"hpaflow/data/embed"
)

// embeddings writes a table of embeddings of samples, in three clouds.
func embeddings(t *testing.T, path string, all []string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	rows := func(yield func(*embed.Embedding, error) bool) {
		for i, id := range all {
			e := &embed.Embedding{ID: id, Features: []float32{float32(i % 3), float32(i%7) / 20, float32(i%5) / 30}, Probabilities: []float32{0.5, 0.25}}
			if !yield(e, nil) {
				return
			}
		}
	}
	if err := embed.WriteParquet(f, iter.Seq2[*embed.Embedding, error](rows), embed.Float32); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// brightest is the largest value of a channel (0 red .. 2 blue) of the first picture.
const brightest = `(() => {
  const i = document.querySelector(".tile img"), c = document.createElement("canvas");
  c.width = i.naturalWidth; c.height = i.naturalHeight;
  const x = c.getContext("2d");
  x.drawImage(i, 0, 0);
  const d = x.getImageData(0, 0, c.width, c.height).data;
  let most = 0;
  for (let k = %d; k < d.length; k += 4) most = Math.max(most, d[k]);
  return most;
})()`

// The page is worked as people work it, by pointer and by keys, and is looked at in each
// of its views, with names and notes that would be markup.
func TestPage(t *testing.T) {
	browsertest.Browser(t)
	dir, file := workplace(t), filepath.Join(t.TempDir(), "corrections.csv")
	all := ids(24)
	embeddings(t, filepath.Join(dir, "cells.parquet"), all)
	v := serve(t, file, dir)
	p := browsertest.Open(t, v.url+"/?token="+v.token)
	total := func(want int) {
		t.Helper()
		words := fmt.Sprintf("%d samples", want)
		if want == 1 {
			words = "1 sample"
		}
		p.Wait(fmt.Sprintf(`document.querySelector("#total")?.textContent === %q`, words))
	}
	click := func(selector string) {
		t.Helper()
		p.Wait(fmt.Sprintf("document.querySelector(%q)", selector))
		browsertest.Eval[bool](p, fmt.Sprintf("(document.querySelector(%q).click(), true)", selector))
	}
	focus := func(selector string) {
		t.Helper()
		p.Wait(fmt.Sprintf("document.querySelector(%q)", selector))
		browsertest.Eval[bool](p, fmt.Sprintf("(document.querySelector(%q).focus(), true)", selector))
	}
	drawn := `[...document.querySelectorAll(".tile img")].every(i => i.complete && i.naturalWidth)`
	total(24)
	p.Wait(drawn + ` && document.querySelectorAll(".plane").length === 4`)
	p.Check(t, "grid")

	// Planes: one that is off gives no light.
	if red := browsertest.Eval[int](p, fmt.Sprintf(brightest, 0)); red < 200 {
		t.Errorf("red comes to %d", red)
	}
	p.Press("1")
	p.Press("4") // yellow is red, too
	p.Wait(drawn + " && " + fmt.Sprintf(brightest, 0) + " === 0")
	if green := browsertest.Eval[int](p, fmt.Sprintf(brightest, 1)); green < 200 {
		t.Errorf("with red and yellow off, green comes to %d", green)
	}
	if !strings.Contains(browsertest.Eval[string](p, "decodeURIComponent(location.hash)"), "red,off") {
		t.Error("the address does not tell of planes")
	}
	p.Press("1")
	p.Press("4")

	// Filters: by pointer, with counts; what is asked for is in the address, and Back goes back.
	click(`[data-key="label:3"]`)
	total(5)
	p.Wait(`document.querySelector('[data-count="label:3"]').textContent === "5"`)
	click(`[data-key="label:3"]`) // left out
	total(19)
	browsertest.Eval[bool](p, "(history.back(), true)")
	total(5)
	click(".chip")
	total(24)
	focus("#search")
	p.Press("_A2_")
	total(2)
	browsertest.Eval[bool](p, `(document.querySelector("#search").value = "", document.querySelector("#search").dispatchEvent(new Event("input")), true)`)
	total(24)
	browsertest.Eval[bool](p, `(location.hash = "verdict=fp:0&by=1&sort=p&label=0&back=1", true)`)
	p.Wait(`document.querySelector("#total").textContent !== "24 samples" && document.querySelector(".chip")`)
	browsertest.Eval[bool](p, `(location.hash = "sort=id&back=1", true)`)
	total(24)
	p.Wait(fmt.Sprintf(`document.querySelector('.tile[data-i="0"] .id').textContent === %q`, strings.ReplaceAll(all[23], "\u202e", `\u202e`)))
	browsertest.Eval[bool](p, `(location.hash = "", true)`)
	total(24)
	p.Wait(drawn)

	// A sample by keys alone: opened, magnified, read, flagged, labelled, undone, closed.
	p.Press(kb.Escape) // out of the search
	p.Wait(`document.activeElement.matches(".tile")`)
	p.Press(kb.ArrowRight)
	p.Press(kb.Enter)
	p.Wait(fmt.Sprintf(`document.querySelector(".info h2")?.textContent === %q && document.querySelector(".viewer .values").textContent.includes("red ")`, all[1]))
	p.Check(t, "sample")
	for range 8 {
		p.Press("+")
	}
	p.Wait(`/x 32 y 32 +red 30000 +green 30001 +blue 30002 +yellow 30003/.test(document.querySelector(".viewer .values").textContent)`)
	p.Press("f")
	p.Wait(`document.querySelector("#flag").getAttribute("aria-pressed") === "true"`)
	p.Press("z")
	p.Wait(`document.querySelector("#flag").getAttribute("aria-pressed") === "false"`)
	p.Press("l")
	for range 20 { // by what stands before the labels, and by the one that it has
		p.Press(kb.ArrowDown)
	}
	p.Press(kb.Enter)
	p.Wait(`document.querySelector(".info .chips").textContent.includes("20 Lipid droplets")`)
	focus("#note")
	p.Press(hostile)
	browsertest.Eval[bool](p, `(document.querySelector("#note").dispatchEvent(new Event("change")), true)`)
	p.Wait(`document.querySelector("#note").value.startsWith("<img") && !document.querySelector("#undo").disabled`)
	focus(".viewer canvas")
	p.Press("j")
	p.Wait(fmt.Sprintf(`document.querySelector(".info h2").textContent === %q`, all[2]))
	p.Press(kb.Escape)
	p.Wait(`!document.querySelector(".sample")`)
	l, err := corrections.Read(file, 28, 0)
	if err != nil {
		t.Fatal(err)
	}
	if s, some := l.State(all[1]); !some || s.Flagged || !s.Added.Has(20) || !strings.HasPrefix(s.Note, "<img src=x") {
		t.Errorf("kept is %+v", s)
	}

	// The views, looked at.
	click(`[data-view="groups"]`)
	p.Wait(`document.querySelectorAll(".members .tile").length === 3`)
	p.Check(t, "groups")
	click(`[data-view="labels"]`)
	p.Wait(`document.querySelectorAll(".scores tbody th").length === 28`)
	click(`.scores [aria-expanded]`)
	p.Wait(`document.querySelector(".curve canvas")`)
	p.Check(t, "labels")
	click(`[data-view="inputs"]`)
	p.Wait(`document.querySelectorAll(".inputs tbody tr").length >= 9`)
	p.Check(t, "inputs")
	click(`[data-view="map"]`)
	p.Wait(`document.querySelector(".mapbox .values").textContent === "24 points"`)
	p.Check(t, "map")
	focus(".mapbox canvas")
	p.Press(kb.ArrowLeft)
	p.Press(" ") // what is near the middle
	p.Wait(`location.hash.includes("lasso=") && !location.hash.includes("view=map")`)

	// Markup in a cause is text.
	browsertest.Eval[bool](p, `(location.hash = "is=dead", true)`)
	total(1)
	p.Wait(`document.querySelector(".missing.bad")?.textContent.includes("<img src=x") && document.querySelector(".tile .id").textContent.endsWith("\\u202e")`)
	p.Check(t, "hostile")
	if browsertest.Eval[int](p, `document.querySelectorAll("img[src='x'], svg").length`) > 0 {
		t.Error("a cause has become markup")
	}
	for _, said := range p.Complaints() {
		t.Errorf("the browser says %s", said)
	}
}
