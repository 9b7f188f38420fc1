package report

import (
	"bytes"
	_ "embed" // the page's template
	"encoding/base64"
	"html/template"
	"slices"
	"time"

	"hpaflow/data"
	"hpaflow/models/checkpoint"
)

//go:embed report.html
var reportTemplate string

var reportPageTemplate = template.Must(template.New("report").Parse(reportTemplate))

// page is what the template of a report shows.
type page struct {
	Facts    *facts
	Rows     []pageRow
	Labels   []pageLabel
	Pictures map[string]template.URL // by name without extension
	Flow     string
	Versions []string
}

type pageRow struct {
	Best bool
	Took string
	checkpoint.EpochScores
}

type pageLabel struct {
	Number, Support int
	Name            string
	Train, Val      float64
}

// reportHTML is a page that needs no other file: its pictures are in it.
func reportHTML(f *facts, history []checkpoint.EpochScores, names data.Names, pictures map[string][]byte, text string) ([]byte, error) {
	p := page{Facts: f, Flow: text, Pictures: map[string]template.URL{}}
	for name, content := range pictures {
		if content != nil {
			p.Pictures[name[:len(name)-len(".png")]] = template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(content))
		}
	}
	for i, e := range history {
		row := pageRow{EpochScores: e, Best: f.Best != nil && f.Best.Epoch == e.Epoch}
		if i > 0 && !e.Time.IsZero() {
			row.Took = e.Time.Sub(history[i-1].Time).Round(time.Second / 10).String()
		}
		p.Rows = append(p.Rows, row)
	}
	slices.Reverse(p.Rows)
	splits := history[len(history)-1].Splits()
	shown := splits[len(splits)-1]
	for label := range shown.F1 {
		p.Labels = append(p.Labels, pageLabel{
			Number: label, Name: names.Of(label), Support: supportOf(shown, label), Train: splits[0].F1[label], Val: shown.F1[label],
		})
	}
	for module, version := range f.Versions {
		p.Versions = append(p.Versions, module+" "+version)
	}
	slices.Sort(p.Versions)
	var b bytes.Buffer
	err := reportPageTemplate.Execute(&b, p)
	return b.Bytes(), err
}
