package component

import "context"

// Task is a part of an op's work that can be done by itself, on another machine
// too, before the run that the op is part of: a trial of a search. What it leaves
// is what the run would have made, which then finds it done.
type Task struct {
	Name  string
	After []string // names of the op's tasks that are done before

	Flow   Flow     // what it runs, where that is a flow; nil: not known
	Writes []string // files and folders that no other task writes to, unless it is done before

	// Done says whether there is nothing left to do.
	Done func() (bool, error)

	// Do does it. It may be called for one that is done.
	Do func(context.Context) error
}
