package lang

import (
	"path/filepath"
	"slices"
	"strings"

	"hpaflow/flow"
	"hpaflow/flow/component"
)

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
