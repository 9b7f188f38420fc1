package flow

import "slices"

// Tell leaves word of what an output will yield, while the graph is built: how
// many records a pass has, what they are made from. The engine makes nothing of
// it; stages further down ask with Told, so that what cannot go well is refused
// before there is any work.
func (out Out[T]) Tell(word any) {
	g := out.outlet.stage.graph
	if g.told == nil {
		g.told = map[string][]any{}
	}
	name := out.outlet.stage.name
	g.told[name] = append(g.told[name], word)
}

// Told lists the words of type V that were left on the way to an output, by the
// stage that yields it and by all it reads from; the nearest come first.
func Told[V, T any](out Out[T]) []V {
	var list []V
	for _, st := range out.outlet.stage.upstream() {
		for _, word := range st.graph.told[st.name] {
			if v, ok := word.(V); ok {
				list = append(list, v)
			}
		}
	}
	return list
}

// upstream are the stage and those it reads from, however indirectly, each
// before those that it reads.
func (st *stage) upstream() []*stage {
	wanted := map[string]bool{st.name: true}
	var list []*stage
	for _, from := range slices.Backward(st.graph.stages) { // a stage is added after those it reads
		if !wanted[from.name] {
			continue
		}
		list = append(list, from)
		for _, in := range from.inputs {
			name, _ := in.names()
			wanted[name] = true
		}
	}
	return list
}
