package lang

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"hpaflow/data/place"
	"hpaflow/flow"
	"hpaflow/flow/component"
)

// claim is an output that a sink asks for.
type claim struct {
	by    *node
	field component.Field
	path  string // as the file system knows it
}

// checkClaims reports what only one block can have and two ask for: a standard
// stream, an output file, a folder that its sink keeps to itself.
func (p *planner) checkClaims(run component.Args) {
	var claims []claim
	for _, n := range p.nodes {
		if n.off || n.spec == nil {
			continue
		}
		for _, f := range n.spec.AllFields() {
			v, ok := n.args[f.Name]
			if !ok {
				continue // there is a fault in it
			}
			if stream := f.Stream(v); stream != "" {
				p.claimStream(stream, n, f)
			}
			if n.kind != flow.KindSink || !p.disk {
				continue
			}
			for _, path := range f.Writes(v) {
				c := claim{n, f, realPath(path)}
				p.checkInputs(c, run)
				claims = p.claimOutput(claims, c)
			}
		}
	}
}

// place is where a node's field is given, else the node.
func (n *node) place(f component.Field) hcl.Range {
	if a := n.block.Body.Attributes[f.Name]; a != nil {
		return a.Expr.Range()
	}
	return header(n.block)
}

func (p *planner) claimStream(stream string, n *node, f component.Field) {
	if first, taken := p.streams[stream]; taken {
		p.fault(n.place(f), "", "%s: standard %s has one user, and %s is it", f.Name, stream, first)
		return
	}
	p.streams[stream] = fmt.Sprintf("%s on line %d", n.title(), n.block.TypeRange.Start.Line)
}

// claimStreams is for the streams that a step's flow uses.
func (p *planner) claimStreams(s step, r round, streams map[string]string) {
	for _, stream := range []string{"input", "output"} {
		if _, uses := streams[stream]; !uses {
			continue
		}
		if first, taken := p.streams[stream]; taken {
			p.fault(header(s.block), "all steps of a run share it", "step %q: standard %s has one user, and %s is it", r.name, stream, first)
			continue
		}
		p.streams[stream] = fmt.Sprintf("step %q", r.name)
	}
}

func (p *planner) claimOutput(claims []claim, c claim) []claim {
	for _, other := range claims {
		if other.path != c.path || !c.excludes(other) {
			continue
		}
		p.fault(c.by.place(c.field), "", "%s: %s of line %d writes there too", c.field.Name, other.by.title(), other.by.block.TypeRange.Start.Line)
		return claims
	}
	return append(claims, c)
}

// excludes says that two claims on one path cannot stand together. Sinks of a
// run share its folder, each with files of its own.
func (c claim) excludes(other claim) bool {
	if c.field.Type != component.OutputDir || other.field.Type != component.OutputDir {
		return component.HasOneWriter(c.path) // many can write to /dev/null
	}
	return c.field.Sole && other.field.Sole || c.by.spec == other.by.spec && c.field.Name == other.field.Name
}

// checkInputs reports an output folder in which a source of the flow looks for
// its inputs: the next run, or this one, would take results for inputs, or put
// them in their place. Files of another sort are in nobody's way, nor are those
// in folders that are not looked into.
func (p *planner) checkInputs(output claim, run component.Args) {
	for _, n := range p.nodes {
		if n.kind != flow.KindSource || n.off || n.spec == nil {
			continue
		}
		for _, f := range n.spec.AllFields() {
			v, ok := n.args[f.Name]
			if !ok || !slices.ContainsFunc(f.Holds, func(c component.Content) bool { return slices.Contains(output.field.Holds, c) }) {
				continue
			}
			for _, path := range f.Reads(v) {
				p.checkInput(output, run, n, realPath(path))
			}
		}
	}
}

// checkInput is checkInputs for one folder of a source.
func (p *planner) checkInput(output claim, run component.Args, n *node, input string) {
	line := n.block.TypeRange.Start.Line
	switch {
	case output.path == input:
		p.fault(output.by.place(output.field), "choose another folder",
			"%s: %s of line %d takes its inputs from this folder, and would take results for them", output.field.Name, n.title(), line)
	case component.TakesFolders(n.args, run) && (isBelow(output.path, input) || isBelow(input, output.path)):
		p.fault(output.by.place(output.field), `choose a folder beside it, or keys = "name", which leaves folders in folders alone`,
			"%s: with keys = \"path\", %s of line %d takes its inputs from %s and all folders in it, and would take results for them",
			output.field.Name, n.title(), line, input)
	}
}

// isBelow says whether a path leads into a folder.
func isBelow(path, folder string) bool {
	return strings.HasPrefix(path, strings.TrimSuffix(folder, string(filepath.Separator))+string(filepath.Separator))
}

// realPath is the same for two paths to one place, which may not be there yet.
func realPath(path string) string {
	if place.Remote(path) {
		return strings.TrimSuffix(place.Shown(path), "/")
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	rest := ""
	for at := abs; ; at = filepath.Dir(at) {
		if real, err := filepath.EvalSymlinks(at); err == nil {
			return filepath.Join(real, rest)
		}
		if at == filepath.Dir(at) {
			return abs
		}
		rest = strings.TrimSuffix(filepath.Join(filepath.Base(at), rest), "/")
	}
}

// SamePlace says that two paths lead to one file or folder, which may not be
// there yet.
func SamePlace(a, b string) bool { return realPath(a) == realPath(b) }
