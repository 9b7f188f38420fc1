package compare

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the page's template and its style
	"encoding/base64"
	"html/template"
	"io"

	"hpaflow/cmd/hpaflow/reports"
)

//go:embed page.html
var pageText string

//go:embed page.css
var pageStyle string

var pageTemplate = template.Must(template.New("compare").Parse(pageText))

// writePage writes the runs as a page. All that it has is in it; the policy lets it
// use its own style, and nothing else.
func writePage(w io.Writer, runs []*run) error {
	sum := sha256.Sum256([]byte(pageStyle))
	p := struct {
		Root    template.HTML
		Policy  string
		Style   template.HTML
		Runs    []row
		Heads   []head
		Charts  []chart
		Differs []differs
	}{
		Root: template.HTML(reports.PageMark), Policy: "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'",
		Style: template.HTML("<style>" + pageStyle + "</style>"),
	}
	for _, c := range columns {
		p.Heads = append(p.Heads, head{c.Name, c.Long})
	}
	best := bestOf(runs)
	for i, r := range runs {
		line := row{Line: lineOf(i), Name: r.Name, Dir: r.Dir, Best: i == best}
		for _, c := range columns {
			line.Cells = append(line.Cells, cell{c.Name, c.Of(r)})
		}
		p.Runs = append(p.Runs, line)
	}
	p.Charts = []chart{
		drawChart("Macro F1, over all labels", runs, true, func(e epoch) float64 { return e.F1 }),
		drawChart("Macro F1, over labels that occur", runs, true, func(e epoch) float64 { return e.Present }),
		drawChart("Loss of validation", runs, false, func(e epoch) float64 { return e.Loss }),
		drawChart("Loss of training", runs, false, func(e epoch) float64 { return e.Train }),
	}
	for _, d := range differences(runs) {
		p.Differs = append(p.Differs, differs{d, d.Groups(runs)})
	}
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, p); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

type head struct{ Name, Long string }

type cell struct{ Name, Text string }

// row is a run in the table.
type row struct {
	Line  int // how its curves are drawn
	Name  string
	Dir   string
	Best  bool
	Cells []cell
}

type differs struct {
	difference
	Groups []group
}
