package deadletters

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"slices"
	"time"

	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
	"hpaflow/sinks/results"
)

func deadLettersSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSink, Name: "dead_letters",
		Doc: "Write the records that have failed or were skipped, one JSON object a line: key, stage, cause, time, and \"skipped\": true. " +
			"Reads run.dead_letters. A run that has done all leaves no file. A file that holds something else is not touched.",
		In: component.Takes(edges.DeadLetter),
		Fields: []component.Field{
			{Name: "file", Type: component.OutputFile, Doc: "the file, which holds the letters of the last run"},
		},
		ByUnit: results.WholeByUnit("file", func(n *component.Node, j *component.Joined) error {
			s := newDeadLetters(n)
			s.Together()
			if err := s.Open(context.Background()); err != nil {
				return err
			}
			for _, d := range j.Letters {
				s.take(d)
			}
			return s.save()
		}),
		Build: func(n *component.Node) (component.Output, error) {
			flow.To(component.In[flow.DeadLetter](n, "in"), n.Stage(), newDeadLetters(n))
			return nil, nil
		},
	}
}

var letterFile = results.Lines("a file of dead letters", "key", "stage", "cause", "time")

// deadLetters keeps the letters until the end and writes them in the order of
// their records, so that the file does not depend on timing.
type deadLetters struct {
	*results.File
	letters []flow.DeadLetter
	failed  map[string]bool // keys of records that were not only skipped
}

func newDeadLetters(n *component.Node) *deadLetters {
	return &deadLetters{File: results.NewFile(n, n.Args.String("file"), letterFile), failed: map[string]bool{}}
}

func (s *deadLetters) Open(context.Context) error { return s.File.Open() }

func (s *deadLetters) Write(_ context.Context, r flow.Record[flow.DeadLetter]) error {
	s.take(r.Value)
	return nil
}

func (s *deadLetters) take(d flow.DeadLetter) {
	s.letters = append(s.letters, d)
	if !d.Skipped {
		s.failed[d.Key] = true
	}
}

func (s *deadLetters) Commit(context.Context) error { return s.save() }

// Abort saves the letters too: what has failed is known, whatever ended the run.
func (s *deadLetters) Abort() error {
	if len(s.letters) == 0 {
		return nil
	}
	return s.save()
}

// failedToo says that a record was skipped by one stage and has failed in
// another, which tells more.
func (s *deadLetters) failedToo(d flow.DeadLetter) bool { return d.Skipped && s.failed[d.Key] }

func (s *deadLetters) save() error {
	if len(s.letters) == 0 {
		return s.Remove()
	}
	s.letters = slices.DeleteFunc(s.letters, s.failedToo)
	slices.SortStableFunc(s.letters, func(a, b flow.DeadLetter) int {
		return cmp.Or(cmp.Compare(a.Seq, b.Seq), cmp.Compare(a.Stage, b.Stage))
	})
	return s.File.Write(func(w io.Writer) error {
		lines := json.NewEncoder(w)
		lines.SetEscapeHTML(false)
		for _, d := range s.letters {
			err := lines.Encode(struct {
				Key     string    `json:"key"`
				Stage   string    `json:"stage"`
				Cause   string    `json:"cause"`
				File    string    `json:"file,omitempty"`
				Time    time.Time `json:"time"`
				Skipped bool      `json:"skipped,omitempty"`
				Stack   string    `json:"stack,omitempty"`
			}{d.Key, d.Stage, d.Cause, d.File, d.Time, d.Skipped, d.Stack})
			if err != nil {
				return err
			}
		}
		return nil
	})
}
