package report

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"hpaflow/data"
	"hpaflow/data/atomicfile"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/models/checkpoint"
	"hpaflow/ops/edges"
	"hpaflow/ops/edges/trained"
	"hpaflow/sinks/results"
)

func reportSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSink, Name: "report",
		Doc: "Make a training run's folder explain itself: DIR/run.flow (the flow with all its values), run.json (seed, versions, machine, " +
			"best epoch, score), curves.png, labels.png (F1 of each label), mistakes.png (the samples with the largest loss), " +
			"and report.html with all of them, which needs no other file. All are complete after every epoch.",
		In: component.Takes(trained.Progress),
		Fields: append([]component.Field{
			{Name: "dir", Type: component.OutputDir, Doc: "folder of the run, made if need be"},
			PreviewField,
		}, LabelFields...),
		Build: func(n *component.Node) (component.Output, error) {
			names, err := LabelNamesOf(n.Args)
			if err != nil {
				return nil, err
			}
			in, preview := component.In[*checkpoint.Progress](n, "in"), n.Args.Strings("preview")
			for _, planes := range append(flow.Told[edges.PlaneNames](in), nil)[:1] {
				if err := CheckPreview(preview, planes); err != nil {
					return nil, err
				}
			}
			s := &report{dir: n.Args.String("dir"), names: names, preview: preview, graph: n.Graph, stage: n.Name, shown: &checkpoint.Shown{}}
			in.Tell(s.shown)
			flow.To(in, n.Stage(), s)
			return nil, nil
		},
	}
}

// The files of a run's folder that the report writes.
const (
	reportFlow     = "run.flow"
	reportFacts    = "run.json"
	reportCurves   = "curves.png"
	reportLabels   = "labels.png"
	reportMistakes = "mistakes.png"
	reportPage     = "report.html"
)

var reportFiles = []string{reportFlow, reportFacts, reportCurves, reportLabels, reportMistakes, reportPage}

// report rewrites its files with each epoch.
type report struct {
	dir     string
	names   data.Names
	preview []string // planes
	graph   *flow.Graph
	stage   string
	history []checkpoint.EpochScores
	shown   *checkpoint.Shown
}

// Open says what the run is, before there is an epoch.
func (s *report) Open(context.Context) error {
	if err := s.checkOwn(); err != nil {
		return err
	}
	for _, name := range reportFiles {
		if err := atomicfile.Prepare(filepath.Join(s.dir, name)); err != nil {
			return err
		}
	}
	if err := s.compare(); err != nil {
		return err
	}
	if err := s.write(reportFlow, []byte(s.graph.Options().Resolved)); err != nil {
		return err
	}
	var position *checkpoint.Position
	if c, ok := s.graph.Resume().State.(*checkpoint.Checkpoint); ok {
		position = &c.Position
		s.history = position.History
	}
	if err := s.facts(position); err != nil || len(s.history) == 0 {
		return err
	}
	return s.draw(position, nil)
}

// factsKind is a run.json.
var factsKind = results.Kind{Name: "what a run says of itself", Is: func(head []byte) bool {
	return bytes.HasPrefix(head, []byte("{")) && bytes.Contains(head, []byte(`"score_window":`))
}}

// checkOwn refuses to replace what no run has made. Pictures and pages do not tell
// whose they are: where run.json is no run's they are somebody's.
func (s *report) checkOwn() error {
	at := func(name string) string { return filepath.Join(s.dir, name) }
	if err := factsKind.Check(at(reportFacts)); err != nil {
		return err
	}
	if _, err := os.Stat(at(reportFacts)); err == nil || s.graph.Resume().State != nil {
		return nil
	}
	for _, name := range reportFiles {
		if name == reportFlow { // it is written before run.json, and tells by itself
			continue
		}
		if info, err := os.Stat(at(name)); err == nil && info.Mode().IsRegular() && info.Size() > 0 {
			return fmt.Errorf("%s is there, and no %s beside it tells of a run that made it: it is not replaced; move it away, or choose another folder", at(name), reportFacts)
		}
	}
	return flowKind.Check(at(reportFlow))
}

// flowKind is a run.flow.
var flowKind = results.Kind{Name: "the flow of a run", Is: func(head []byte) bool {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	return bytes.HasSuffix(line, []byte(" with all its values."))
}}

// compare tells in what a flow that goes on differs from the one that began:
// what is trained from here on is then not what it would have been.
func (s *report) compare() error {
	if s.graph.Resume().State == nil {
		return nil
	}
	before, err := os.ReadFile(filepath.Join(s.dir, reportFlow))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	was, is := flowSettings(string(before)), flowSettings(s.graph.Options().Resolved)
	blocks := map[string][]string{} // by what has changed there
	for _, at := range slices.SortedFunc(maps.Keys(is), setting.compare) {
		if old, known := was[at]; known && old != is[at] {
			change := fmt.Sprintf("%s was %s and is %s", at.field, old, is[at])
			blocks[change] = append(blocks[change], at.block)
		}
	}
	for _, change := range slices.Sorted(maps.Keys(blocks)) {
		s.graph.Note(s.stage, fmt.Sprintf("going on with another setting than the run began with: %s, in %s", change, strings.Join(blocks[change], ", ")))
	}
	return nil
}

// setting is where a value stands in a flow.
type setting struct{ block, field string }

func (s setting) compare(other setting) int {
	return cmp.Or(cmp.Compare(s.block, other.block), cmp.Compare(s.field, other.field))
}

// flowSettings are the fields of a resolved flow.
func flowSettings(text string) map[setting]string {
	settings := map[setting]string{}
	block := ""
	for line := range strings.Lines(text) {
		if header, opens := strings.CutSuffix(strings.TrimSpace(line), " {"); opens {
			block = header
		} else if name, value, found := strings.Cut(line, "="); found {
			settings[setting{block, strings.TrimSpace(name)}] = strings.TrimSpace(value)
		}
	}
	return settings
}

func (s *report) Write(_ context.Context, r flow.Record[*checkpoint.Progress]) error {
	if r.Value.Scores == nil {
		return nil
	}
	position := &r.Value.Checkpoint.Position
	s.history = position.History
	if err := s.facts(position); err != nil {
		return err
	}
	if err := s.draw(position, r.Value.Worst); err != nil {
		return err
	}
	s.shown.Epoch(r.Value.Epoch)
	return nil
}

// facts writes run.json.
func (s *report) facts(p *checkpoint.Position) error {
	text, err := factsOf(s.graph.Options(), p).json()
	if err != nil {
		return err
	}
	return s.write(reportFacts, text)
}

// draw writes the pictures and the page. Without mistakes their picture stays.
func (s *report) draw(p *checkpoint.Position, worst []checkpoint.Mistake) error {
	last := s.history[len(s.history)-1]
	curves, err := drawCurves(s.history)
	if err != nil {
		return err
	}
	labels, err := drawLabelScores(&last, s.names)
	if err != nil {
		return err
	}
	pictures := map[string][]byte{reportCurves: curves, reportLabels: labels}
	if len(worst) > 0 {
		if pictures[reportMistakes], err = encodePNG(drawMistakes(worst, last.Epoch, s.names, s.preview)); err != nil {
			return err
		}
	} else if pictures[reportMistakes], err = os.ReadFile(filepath.Join(s.dir, reportMistakes)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for name, content := range pictures {
		if content == nil {
			continue
		}
		if err := s.write(name, content); err != nil {
			return err
		}
	}
	page, err := reportHTML(factsOf(s.graph.Options(), p), s.history, s.names, pictures, s.graph.Options().Resolved)
	if err != nil {
		return err
	}
	return s.write(reportPage, page)
}

func (s *report) write(name string, content []byte) error {
	return atomicfile.Write(filepath.Join(s.dir, name), func(w io.Writer) error { _, err := w.Write(content); return err })
}

func encodePNG(im image.Image) ([]byte, error) {
	var b bytes.Buffer
	err := png.Encode(&b, im)
	return b.Bytes(), err
}

func (s *report) Commit(context.Context) error { return nil }
func (s *report) Abort() error                 { return nil }
