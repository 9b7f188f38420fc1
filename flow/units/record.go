package units

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"hpaflow/data/atomicfile"
	"hpaflow/data/place"
	"hpaflow/flow"
)

// Record says that a unit is done, and what came of it.
type Record struct {
	Format  int      `json:"format"`
	Plan    string   `json:"plan"` // run id of the plan that the unit is in
	Unit    int      `json:"unit"`
	Records int      `json:"records"`
	Digest  string   `json:"digest"`          // of Files
	Files   []File   `json:"files,omitempty"` // that readers see, by name
	Letters []Letter `json:"letters,omitempty"`
	Version string   `json:"version"`

	// Parts are the folders of what is kept of the unit, by sink.
	Parts map[string]string `json:"parts"`
}

// File is one that a unit has published.
type File struct {
	Node  string `json:"node"` // of the sink
	Name  string `json:"name"` // below the sink's folder
	Bytes int64  `json:"bytes"`
	Sum   string `json:"sum"` // of its content: xxh64:..., or what the sink knows
}

// Letter is a record that has failed or was skipped.
type Letter struct {
	Record  int64     `json:"record"`
	Key     string    `json:"key"`
	Stage   string    `json:"stage"`
	Cause   string    `json:"cause"`
	File    string    `json:"file,omitempty"`
	Time    time.Time `json:"time"`
	Stack   string    `json:"stack,omitempty"`
	Skipped bool      `json:"skipped,omitempty"`
	Input   string    `json:"input,omitempty"` // digest of what it was to be made from
}

// letter is the other way round.
func (l *Letter) letter() flow.DeadLetter {
	return flow.DeadLetter{Seq: l.Record, Key: l.Key, Stage: l.Stage, Cause: l.Cause, File: l.File, Time: l.Time, Stack: l.Stack, Skipped: l.Skipped}
}

// lettersOf are the losses of a graph, in the order of the records.
func lettersOf(g *flow.Graph) []Letter {
	var list []Letter
	for _, d := range g.Letters() {
		list = append(list, Letter{Record: d.Seq, Key: d.Key, Stage: d.Stage, Cause: d.Cause, File: d.File, Time: d.Time, Stack: d.Stack, Skipped: d.Skipped})
	}
	return list
}

// outcome tells whether two records say the same of a unit, whoever did it and
// whenever.
func (r *Record) outcome() string {
	sum := sha256.New()
	fmt.Fprintln(sum, r.Plan, r.Unit, r.Records, r.Digest, r.Parts)
	for _, l := range r.Letters {
		fmt.Fprintf(sum, "%d %q %q %v\n", l.Record, l.Key, l.Stage, l.Skipped)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// seal sorts the files and fills in their digest.
func (r *Record) seal() {
	slices.SortFunc(r.Files, func(a, b File) int {
		return cmp.Or(strings.Compare(a.Node, b.Node), strings.Compare(a.Name, b.Name))
	})
	sum := sha256.New()
	for _, f := range r.Files {
		fmt.Fprintf(sum, "%s %q %d %s\n", f.Node, f.Name, f.Bytes, f.Sum)
	}
	r.Digest = hex.EncodeToString(sum.Sum(nil))
}

func (f folder) recordPath(unit int) string { return f.path("done", unitName(unit)+".json") }

// record reads what is recorded of a unit; nil: it is not done.
func (f folder) record(unit int) (*Record, error) {
	path := f.recordPath(unit)
	b, err := place.Read(context.Background(), path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var r Record
	if err := json.Unmarshal(b, &r); err != nil {
		return nil, fmt.Errorf("%s: %w; remove it, and the unit counts as not done", path, err)
	}
	if r.Unit != unit || r.Format != Format {
		return nil, fmt.Errorf("%s is of unit %d and format %d; remove it, and the unit counts as not done", path, r.Unit, r.Format)
	}
	return &r, nil
}

// errOutcome is that of a unit which another worker has done with another
// outcome, as when a server answered the one and not the other.
var errOutcome = errors.New("was done by another worker at the same time, with another outcome, which stands")

// enter records that a unit is done, by a record that was written in a worker's
// own folder first. If a worker that was faster came to the same, that is as
// good.
func (f folder) enter(ctx context.Context, r *Record, from string) error {
	if err := place.MakeFolder(f.path("done")); err != nil {
		return err
	}
	_, err := place.Publish(ctx, from, f.recordPath(r.Unit))
	if _, other := errors.AsType[*atomicfile.OtherError](err); !other {
		return errors.Join(err, place.SyncDir(f.path("done")))
	}
	was, err := f.record(r.Unit)
	switch {
	case err != nil:
		return err
	case was == nil || was.outcome() != r.outcome():
		return fmt.Errorf("unit %d %w", r.Unit, errOutcome)
	}
	return nil
}
