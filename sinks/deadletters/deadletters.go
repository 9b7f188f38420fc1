package deadletters

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"time"

	"hpaflow/data/atomicfile"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
)

func deadLettersSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSink, Name: "dead_letters",
		Doc: "Write the records that have failed, one JSON object a line: key, stage, cause, time. Reads run.dead_letters. " +
			"A run without failures leaves no file.",
		In: component.Takes(edges.DeadLetter),
		Fields: []component.Field{
			{Name: "file", Type: component.OutputFile, Doc: "the file, which holds the letters of the last run"},
		},
		Build: func(n *component.Node) (component.Output, error) {
			flow.To(component.In[flow.DeadLetter](n, "in"), n.Stage(), &deadLetters{file: n.Args.String("file")})
			return nil, nil
		},
	}
}

// deadLetters keeps the letters until the end and writes them in the order of
// their records, so that the file does not depend on timing.
type deadLetters struct {
	file    string
	letters []flow.DeadLetter
}

func (s *deadLetters) Open(context.Context) error {
	return atomicfile.Prepare(s.file)
}

func (s *deadLetters) Write(_ context.Context, r flow.Record[flow.DeadLetter]) error {
	s.letters = append(s.letters, r.Value)
	return nil
}

func (s *deadLetters) Commit(context.Context) error { return s.save() }

// Abort saves the letters too: what has failed is known, whatever ended the run.
func (s *deadLetters) Abort() error {
	if len(s.letters) == 0 {
		return nil
	}
	return s.save()
}

func (s *deadLetters) save() error {
	if len(s.letters) == 0 {
		if err := os.Remove(s.file); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	slices.SortStableFunc(s.letters, func(a, b flow.DeadLetter) int {
		return cmp.Or(cmp.Compare(a.Seq, b.Seq), cmp.Compare(a.Stage, b.Stage))
	})
	return atomicfile.Write(s.file, func(w io.Writer) error {
		lines := json.NewEncoder(w)
		lines.SetEscapeHTML(false)
		for _, d := range s.letters {
			err := lines.Encode(struct {
				Key   string    `json:"key"`
				Stage string    `json:"stage"`
				Cause string    `json:"cause"`
				Time  time.Time `json:"time"`
				Stack string    `json:"stack,omitempty"`
			}{d.Key, d.Stage, d.Cause, d.Time, d.Stack})
			if err != nil {
				return err
			}
		}
		return nil
	})
}
