package flow

// Resume is where an earlier run of the same flow stopped: how many passes
// over the data it completed, and what its stages had come to.
type Resume struct {
	Epochs int // complete ones: sources begin with this epoch
	State  any // of the stage that can go on; it knows the type
}

// ResumeFrom tells the graph's stages where to go on. The sink that finds the
// state of an earlier run calls it while the graph is built.
func (g *Graph) ResumeFrom(r Resume) { g.resume = r }

// Resume is what stages read, once the graph runs, to go on from there. It is
// zero for a run that begins at the beginning.
func (g *Graph) Resume() Resume { return g.resume }

// Note reports a line of text to whoever watches the run.
func (g *Graph) Note(stage, text string) {
	if told := g.events.Noted; told != nil {
		told(stage, text)
	}
}
