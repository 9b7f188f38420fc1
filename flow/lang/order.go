package lang

import (
	"slices"
	"strings"
)

// checkCycles reports nodes that wait for each other, each cycle at the edge
// that closes it.
func (p *planner) checkCycles() {
	done := map[*node]bool{}
	var path []*node
	var visit func(n *node)
	visit = func(n *node) {
		path = append(path, n)
		for _, in := range n.inputs {
			switch i := slices.Index(path, in.from); {
			case in.from == nil || done[in.from]:
			case i >= 0:
				p.fault(in.at, "", "a cycle: %s", cycleText(path[i:]))
			default:
				visit(in.from)
			}
		}
		path = path[:len(path)-1]
		done[n] = true
	}
	for _, n := range p.nodes {
		if !done[n] {
			visit(n)
		}
	}
}

// cycleText follows the records around; path goes against them, from readers
// to what they read.
func cycleText(path []*node) string {
	refs := []string{path[0].ref()}
	for i := len(path) - 1; i >= 0; i-- {
		refs = append(refs, path[i].ref())
	}
	return strings.Join(refs, " -> ")
}

// ordered lists the nodes that exist so that each comes after what it reads,
// and else in the order of the file.
func (p *planner) ordered() []*node {
	var list []*node
	placed := map[*node]bool{nil: true}
	var place func(n *node)
	place = func(n *node) {
		if placed[n] {
			return
		}
		placed[n] = true
		for _, in := range n.inputs {
			place(in.from)
		}
		list = append(list, n)
	}
	for _, n := range p.nodes {
		if !n.off {
			place(n)
		}
	}
	return list
}
