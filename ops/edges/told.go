package edges

import "hpaflow/data"

// What nodes leave word of while a graph is built (flow.Out.Tell), so that
// nodes further down can refuse what cannot go well before there is any work.

// Ending is left by whatever encodes images: how the names of their files end.
type Ending string

// PlaneNames is left by whatever knows what the planes of its images are, in their
// order.
type PlaneNames []string

// Rows is left by a source of samples that come from a table.
type Rows struct {
	Table      string   // the file, for messages
	Split      string   // of the rows; empty: all of them
	IDs        []string // in the table's order
	Unlabelled bool     // the table has no labels
	Planes     int      // of an image; 0: not known
	Epochs     int      // passes over them
}

// Origin is left by whatever changes what a network is trained on: a run goes
// on only where the same origins have the same identity.
type Origin struct {
	What string // as messages call it: table, images, policy, norm

	// Identity says which it is, in a few words: the same contents give the same
	// text on every machine, and times and folders have no part in it.
	Identity func() (string, error)
}

// Said is an identity that is known from the start.
func Said(text string) func() (string, error) {
	return func() (string, error) { return text, nil }
}

// Batches is left by an op that makes batches of Rows.
type Batches struct {
	Count int // in a pass
	Size  int // of a full one, in samples
	Last  int // samples of the last one
}

// Norm is left by an op that makes batches: the data.Norm that they are normalised by.
type Norm data.Norm

// Side is left by an op that brings images to so many pixels square.
type Side int

// Tables is left by a source of tables of probabilities.
type Tables []string
