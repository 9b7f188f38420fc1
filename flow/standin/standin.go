package standin

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"hpaflow/data/place"
	"hpaflow/data/provenance"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/flow/lang"
)

// Folders are those of this machine that stand in for a plan's.
type Folders struct{ mirrors []*place.Mirror }

// Hold gives a plan's nodes folders of this machine for those in stores that they
// write to, with what is there: nobody else writes there until Close. What is waited
// for, say is told.
func Hold(ctx context.Context, p *lang.Plan, say func(text string)) (*Folders, error) {
	return replace(p, func(url, control string, only ...string) (*place.Mirror, error) {
		return place.Hold(ctx, say, url, control, only...)
	})
}

// Look is Hold for who builds the plan and does not run it: nothing is put, and the
// folders go with the process.
func Look(ctx context.Context, p *lang.Plan) error {
	_, err := replace(p, func(url, control string, only ...string) (*place.Mirror, error) {
		return place.Look(ctx, url, control, only...)
	})
	return err
}

func replace(p *lang.Plan, mirror func(url, control string, only ...string) (*place.Mirror, error)) (*Folders, error) {
	s := &Folders{}
	folders := map[string]string{} // of this machine, by the URL's words
	for _, out := range remote(p) {
		if _, has := within(folders, out.url); has {
			continue
		}
		url, control, only := out.text, provenance.FolderName, []string(nil)
		if !out.folder {
			folder, base := place.Split(out.text)
			url, control, only = folder, provenance.BesideName(base), []string{base}
		}
		m, err := mirror(url, control, only...)
		if err != nil {
			return nil, errors.Join(err, s.Close(nil))
		}
		s.mirrors = append(s.mirrors, m)
		folders[out.url] = place.Join(m.Dir(), only...)
	}
	for i, n := range p.Nodes {
		args := maps.Clone(n.Args)
		for _, f := range n.Spec.AllFields() {
			for _, text := range f.Writes(n.Args[f.Name]) {
				if place.Remote(text) {
					args[f.Name], _ = within(folders, place.Shown(text))
				}
			}
		}
		p.Nodes[i].Args = args
	}
	return s, nil
}

// remoteOutput is a file or folder in a store that a node writes.
type remoteOutput struct {
	text   string // as it was given
	url    string // for people
	folder bool   // and not a file
}

// remote are those of a plan, folders before what is in them and before files.
func remote(p *lang.Plan) (list []remoteOutput) {
	for _, n := range p.Nodes {
		for _, f := range n.Spec.AllFields() {
			for _, text := range f.Writes(n.Args[f.Name]) {
				if place.Remote(text) {
					list = append(list, remoteOutput{text, place.Shown(text), f.Type == component.OutputDir})
				}
			}
		}
	}
	slices.SortStableFunc(list, func(a, b remoteOutput) int {
		if a.folder != b.folder {
			return map[bool]int{true: -1, false: 1}[a.folder]
		}
		return cmp.Compare(a.url, b.url)
	})
	return list
}

// within is the path of this machine for a URL that has one, or is below one that has.
func within(folders map[string]string, url string) (path string, has bool) {
	for at, folder := range folders {
		if below, under := strings.CutPrefix(url, at); under && (below == "" || below[0] == '/') {
			return place.Join(folder, below), true
		}
	}
	return "", false
}

// Follow has what a run saves put into the store as it is saved.
func (s *Folders) Follow(g *flow.Graph) {
	if len(s.mirrors) > 0 {
		g.OnSaved(func(ctx context.Context) error {
			for _, m := range s.mirrors {
				if err := m.Put(ctx); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// Named is a text with the names of the stores' folders where it has those of the ones
// here.
func (s *Folders) Named(text string) string {
	for _, m := range s.mirrors {
		text = m.Named(text)
	}
	return text
}

// Close puts what was made into the store, however the run ended, and gives the
// run's error, in which stores have their own names.
func (s *Folders) Close(cause error) error {
	if cause != nil && s.Named(cause.Error()) != cause.Error() {
		cause = &namedError{cause, s.Named(cause.Error())}
	}
	for _, m := range s.mirrors {
		cause = errors.Join(cause, m.Close())
	}
	return cause
}

type namedError struct {
	error
	text string
}

func (e *namedError) Error() string { return e.text }
func (e *namedError) Unwrap() error { return e.error }
