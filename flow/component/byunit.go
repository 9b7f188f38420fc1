package component

import (
	"iter"

	"hpaflow/flow"
)

// ByUnit is how a sink takes part in a flow whose records are cut into units,
// each of which any machine may work on: each unit has a sink of its own, which
// writes into a folder that nobody else knows. What comes of it is published
// file by file, never in place of another, and joined when all units are done.
type ByUnit struct {
	// Home is where the sink's result is, and whether that is a folder. What is
	// kept of units stands in .run there, or in .NAME.run beside a file.
	Home func(Args) (path string, folder bool)

	// At are the settings of the sink with its result at another path: for results in a
	// store, which are made on this machine first.
	At func(a Args, path string) Args

	// Private are the settings of the sink of one unit, which writes below a
	// folder of its own. Nil: units have no such sink, and all is done by Join.
	Private func(a Args, dir string) Args

	// Publish names the files below a unit's folder that readers are to see. The
	// others, but for temporary ones, are kept for Join. It may be nil: none.
	Publish func(a Args, dir string, unit int) (map[string]Published, error)

	// Check says why units of so many records cannot be, given what one comes to in
	// bytes (0: not known). It may be nil.
	Check func(a Args, unit int, raw int64) error

	// Shows says that the cut can be told from the result, so that a run on one
	// machine has to cut as well; and Fresh whether there is nothing of a result yet.
	Shows bool
	Fresh func(Args) bool

	// Join makes of what units have left what one run would have made. It may be
	// called again, and then makes the same. It may be nil: there is nothing to do.
	Join func(n *Node, j *Joined) error

	// Undo removes what Join has made that would be wrong without the units, when all
	// of them are taken back. It may be nil.
	Undo func(Args) error
}

// Published is a file that readers are to see.
type Published struct {
	Name string // that it gets below Home
	Sum  string // a digest of its content, if one is at hand: it is not read again
}

// Joined is what the units of a flow have come to.
type Joined struct {
	// Parts are the folders of what was kept of each unit, in their order, by
	// number. A folder that is not there had nothing to keep.
	Parts iter.Seq2[int, string]

	// SizeOf tells the size of a file that a unit has published in a folder of a store:
	// Join has another folder, on this machine, in which these files are not. Else nil.
	SizeOf func(name string) (int64, error)

	// Again says that the same units were joined before.
	Again bool

	// Letters are the records that failed or were skipped, in their order.
	Letters []flow.DeadLetter
}
