package steps

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"hpaflow/data/place"
	"hpaflow/data/provenance"
	"hpaflow/flow"
	"hpaflow/flow/lang"
)

// Format is the version of records.
const Format = 1

// Record says that a step is done, and of what.
type Record struct {
	Format  int               `json:"format"`
	Flow    string            `json:"flow"`
	Recipe  string            `json:"recipe"`          // SHA-256 of the flow with all its values
	After   []string          `json:"after,omitempty"` // of the records of the steps it waited for
	Inputs  map[string]string `json:"inputs,omitempty"`
	Outputs map[string]string `json:"outputs,omitempty"`

	Letters  bool     `json:"dead_letters,omitempty"` // it has some
	Computes []string `json:"computes,omitempty"`     // what the last bits of its results depend on
	Version  string   `json:"version,omitempty"`      // of the program, for the record
}

func (r *Record) text() []byte {
	b, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		panic(err) // texts can be written
	}
	return append(b, '\n')
}

// id tells the record from any other.
func (r *Record) id() string {
	plain := *r
	plain.Version = ""
	sum := sha256.Sum256(plain.text())
	return hex.EncodeToString(sum[:])
}

// sameWork says that two records are of the same step done from the same: what the
// machine was, and how many letters there were, is no part of it.
func (r *Record) sameWork(other *Record) bool {
	plain := func(r *Record) []byte {
		c := *r
		c.Letters, c.Computes, c.Version = false, nil, ""
		return c.text()
	}
	return bytes.Equal(plain(r), plain(other))
}

// record is what the step's record would be, if it were done now.
func (g *Graph) record(s *Step, ids map[int]string) (*Record, error) {
	sum := sha256.Sum256(s.plan.Resolved())
	r := &Record{
		Format: Format, Flow: s.Title, Recipe: hex.EncodeToString(sum[:]),
		Inputs: map[string]string{}, Outputs: map[string]string{},
	}
	for _, at := range s.After {
		r.After = append(r.After, ids[at])
	}
	slices.Sort(r.After)
	ctx := context.Background()
	reads, writes := s.plan.Paths()
	for _, path := range reads {
		if g.isMade(s, path) {
			continue
		}
		stamp, err := place.Stamp(ctx, path)
		if err != nil {
			return nil, err
		}
		r.Inputs[path] = stamp
	}
	for _, path := range writes {
		stamp, err := place.Stamp(ctx, path)
		if err != nil {
			return nil, err
		}
		if stamp == "" {
			return nil, nil
		}
		made, err := madeOf(ctx, path, stamp == place.FolderStamp)
		if err != nil {
			return nil, err
		}
		r.Outputs[path] = strings.TrimSuffix(stamp+" "+made, " ")
	}
	return r, nil
}

// computes are what the last bits of the step's results depend on.
func (s *Step) computes() (kinds []string, err error) {
	for _, n := range s.plan.Nodes {
		if n.Spec.Computes == nil {
			continue
		}
		kind, err := n.Spec.Computes(n.Args)
		if err != nil {
			return nil, fmt.Errorf("%s %q: %w", n.Spec.Title(), n.Name, err)
		}
		kinds = append(kinds, kind)
	}
	return kinds, nil
}

// isMade says that a step before this one writes to a path, so that its record
// speaks for it.
func (g *Graph) isMade(s *Step, path string) bool {
	abs := absolute([]string{path})
	return slices.ContainsFunc(g.Steps, func(other *Step) bool {
		return other != s && other.Level < s.Level && (paths{reads: abs}).meet(paths{writes: other.paths.writes})
	})
}

// madeOf is the digest of a result's recipe; empty where none is kept.
func madeOf(ctx context.Context, path string, folder bool) (string, error) {
	b, err := place.Read(ctx, place.Join(provenance.DirOf(path, folder), "made.json"))
	if err != nil {
		if place.Remote(path) && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		return "", nil
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8]), nil
}

// home is where the step's record is: with its first result, under a name of the
// flow and of its results. A flow that writes nothing has none.
func (s *Step) home() (dir, name string) {
	_, writes := s.plan.Paths()
	if s.IsPart() {
		writes = s.part.Writes
	}
	if len(writes) == 0 {
		return "", ""
	}
	sum := sha256.New()
	for _, path := range writes {
		fmt.Fprintf(sum, "%q\n", place.Base(path))
	}
	dir = provenance.DirOf(writes[0], s.IsPart() || writesFolder(s.plan, writes[0]))
	return place.Join(dir, provenance.StepsName), fmt.Sprintf("%s-%.4x", s.Title, sum.Sum(nil))
}

// writesFolder says that a flow means a path as a folder.
func writesFolder(plan *lang.Plan, path string) bool {
	for _, n := range plan.Nodes {
		if n.Spec.Kind != flow.KindSink {
			continue
		}
		if by := n.Spec.ByUnit; by != nil && by.Home != nil {
			if home, folder := by.Home(n.Args); home == path {
				return folder
			}
		}
		for _, f := range n.Spec.AllFields() {
			if slices.Contains(f.Writes(n.Args[f.Name]), path) {
				return f.IsFolder()
			}
		}
	}
	return false
}

func readRecord(path string) (*Record, error) {
	b, err := place.Read(context.Background(), path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r := &Record{}
	if err := json.Unmarshal(b, r); err != nil {
		return nil, nil // of another version, or torn: the step is run again and finds out
	}
	return r, nil
}

// State is how far the steps are.
type State struct {
	Done    []bool
	Letters []bool
	Kinds   map[string][]int // what computed: the steps

	ids map[int]string
}

func (g *Graph) newState() *State {
	return &State{Done: make([]bool, len(g.Steps)), Letters: make([]bool, len(g.Steps)), Kinds: map[string][]int{}, ids: map[int]string{}}
}

// State looks at what is done.
func (g *Graph) State() (*State, error) {
	st := g.newState()
	for _, s := range g.Steps {
		if err := g.look(s, st); err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	return st, nil
}

// look finds out whether a step is done, those before it having been looked at.
func (g *Graph) look(s *Step, st *State) error {
	st.Done[s.Number] = false
	if len(st.Waits(s)) > 0 {
		return nil
	}
	if s.IsPart() {
		done, err := s.part.Done()
		st.Done[s.Number], st.ids[s.Number] = done, s.Name
		return err
	}
	dir, name := s.home()
	was, err := readRecord(place.Join(dir, name+".json"))
	if err != nil || was == nil {
		return err
	}
	now, err := g.record(s, st.ids)
	if err != nil || now == nil || !now.sameWork(was) {
		return err
	}
	st.Done[s.Number], st.Letters[s.Number], st.ids[s.Number] = true, was.Letters, was.id()
	for _, kind := range was.Computes {
		st.Kinds[kind] = append(st.Kinds[kind], s.Number)
	}
	return nil
}

// Waits are the steps that one waits for and that are not done.
func (st *State) Waits(s *Step) (list []int) {
	for _, at := range s.After {
		if !st.Done[at] {
			list = append(list, at)
		}
	}
	return list
}

// Missing are the steps that are not done.
func (st *State) Missing() (list []int) {
	for at, done := range st.Done {
		if !done {
			list = append(list, at)
		}
	}
	return list
}

// Note records that a step has been run to its end. What it waited for is done, or
// nothing is recorded.
func (g *Graph) Note(s *Step, letters bool, version string) error {
	dir, name := s.home()
	if s.IsPart() {
		return nil
	}
	st := g.newState()
	for _, at := range s.prior {
		if err := g.look(g.Steps[at], st); err != nil {
			return err
		}
	}
	if len(st.Waits(s)) > 0 {
		return nil
	}
	r, err := g.record(s, st.ids)
	if err != nil || r == nil {
		return err
	}
	if r.Computes, err = s.computes(); err != nil {
		return err
	}
	r.Letters, r.Version = letters, version
	path := place.Join(dir, name+".json")
	if was, err := readRecord(path); err != nil || was != nil && was.id() == r.id() {
		return err
	}
	if err := place.MakeFolder(dir); err != nil {
		return err
	}
	return place.Write(context.Background(), path, r.text())
}
