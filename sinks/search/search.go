package search

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"

	"hpaflow/data/atomicfile"
	"hpaflow/data/search"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
	"hpaflow/sinks/report"
	"hpaflow/sinks/results"
)

func searchSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSink, Name: "search",
		Doc: "Keep the best sets of a search: DIR/policy.json, which a flow takes as its policy, DIR/search.csv with every trial, best first, " +
			"and DIR/search.png. All are written anew after each trial.",
		In: component.Takes(edges.Result),
		Fields: []component.Field{
			{Name: "dir", Type: component.OutputDir, Doc: "folder of the search, made if need be"},
			{Name: "keep", Type: component.Int, Default: 5, Min: 1, Max: 999, Doc: "sets to keep"},
		},
		Build: func(n *component.Node) (component.Output, error) {
			s := &searchSink{dir: n.Args.String("dir"), keep: n.Args.Int("keep"), graph: n.Graph, stage: n.Name, byTrial: map[int]search.Result{}}
			s.File = results.NewFile(n, filepath.Join(s.dir, searchTable), results.Table("a table of trials", "rank", "trial")).
				With(filepath.Join(s.dir, searchPolicy), results.JSON("a policy", "[")).
				With(filepath.Join(s.dir, searchPicture), results.Picture)
			flow.To(component.In[search.Result](n, "in"), n.Stage(), s)
			return nil, nil
		},
	}
}

// The files that the sink writes.
const (
	searchTable   = "search.csv"
	searchPolicy  = "policy.json"
	searchPicture = "search.png"
)

// searchSink holds the last result of every trial.
type searchSink struct {
	*results.File
	dir     string
	keep    int
	graph   *flow.Graph
	stage   string
	byTrial map[int]search.Result
}

func (s *searchSink) Open(context.Context) error { return s.File.Open() }

func (s *searchSink) Write(ctx context.Context, r flow.Record[search.Result]) error {
	if err := s.write(r); err != nil {
		return err
	}
	return s.graph.Saved(ctx)
}

func (s *searchSink) write(r flow.Record[search.Result]) error {
	s.byTrial[r.Value.Trial.Number] = r.Value
	var results []search.Result
	for _, result := range s.byTrial {
		results = append(results, result)
	}
	s.graph.Note(s.stage, describeTrial(r.Value, results))
	if s.Kept() {
		return nil
	}
	write := func(name string, fill func(io.Writer) error) error {
		return atomicfile.Write(filepath.Join(s.dir, name), fill)
	}
	if err := write(searchTable, func(w io.Writer) error { return search.WriteTable(w, results, s.keep) }); err != nil {
		return err
	}
	if err := write(searchPicture, func(w io.Writer) error { return report.DrawSearch(w, results, s.keep) }); err != nil {
		return err
	}
	kept := search.Kept(results, s.keep)
	if len(kept) == 0 {
		return nil
	}
	return write(searchPolicy, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", " ")
		return e.Encode(search.Policy(kept))
	})
}

// describeTrial is a result as one line.
func describeTrial(r search.Result, all []search.Result) string {
	name := r.Trial.Name()
	if r.Trial.IsBase() {
		name += " (the base, no policy)"
	}
	if r.Diverged {
		return name + ": diverged"
	}
	for i, other := range search.Rank(all) {
		if other.Trial == r.Trial {
			return fmt.Sprintf("%s: score %.4f over %d epochs, number %d of %d", name, r.Score, r.Epochs, i+1, len(all))
		}
	}
	return name
}

func (s *searchSink) Commit(context.Context) error {
	if s.Kept() || len(s.byTrial) == 0 {
		return nil
	}
	return s.Record()
}

func (s *searchSink) Abort() error { return nil }
