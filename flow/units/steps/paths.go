package steps

import (
	"path/filepath"
	"strings"

	"hpaflow/data/place"
	"hpaflow/flow/component"
	"hpaflow/flow/lang"
)

// paths are what a step reads and writes, absolute; of URLs what people see of them.
type paths struct {
	reads, writes []string
	words         []string // strings that may be paths
}

// pathsOf are those of a flow.
func pathsOf(plan *lang.Plan) (p paths) {
	reads, writes := plan.Paths()
	p.reads, p.writes, p.words = absolute(reads), absolute(writes), absolute(plan.Words())
	return p
}

// pathsOfPart are those of a part, which a flow of its own does.
func pathsOfPart(part *component.Task) (p paths) {
	if plan, ok := part.Flow.(*lang.Plan); ok {
		p = pathsOf(plan)
	}
	p.writes = absolute(part.Writes) // and what is below
	return p
}

func absolute(list []string) []string {
	all := make([]string, 0, len(list))
	for _, path := range list {
		if place.Remote(path) {
			all = append(all, strings.TrimSuffix(place.Shown(path), "/"))
			continue
		}
		if abs, err := filepath.Abs(path); err == nil {
			all = append(all, abs)
		}
	}
	return all
}

// meet says that two steps cannot change places: one reads or writes what the
// other writes.
func (p paths) meet(earlier paths) bool {
	for _, w := range earlier.writes {
		for _, list := range [][]string{p.reads, p.writes} {
			for _, path := range list {
				if within(path, w) || within(w, path) {
					return true
				}
			}
		}
		for _, word := range p.words {
			if within(word, w) {
				return true
			}
		}
	}
	for _, w := range p.writes {
		for _, path := range earlier.reads {
			if within(path, w) || within(w, path) {
				return true
			}
		}
	}
	return false
}

// within says that a path is another one, or is below it.
func within(path, other string) bool {
	return path == other || strings.HasPrefix(path, strings.TrimSuffix(other, string(filepath.Separator))+string(filepath.Separator))
}
