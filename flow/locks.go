package flow

import "errors"

// Locker is a sink that must have its output to itself. Lock comes before any
// sink of the graph is opened, so that a run that is refused has touched
// nothing; unlock comes after all sinks are committed or aborted.
type Locker interface {
	Lock() (unlock func() error, err error)
}

// lock locks the outputs of all sinks.
func (g *Graph) lock() (unlock func() error, err error) {
	var held []func() error
	unlock = func() error {
		var faults []error
		for _, each := range held {
			faults = append(faults, each())
		}
		return errors.Join(faults...)
	}
	for _, st := range g.stages {
		l, ok := st.sink.(Locker)
		if !ok {
			continue
		}
		each, err := l.Lock()
		if err != nil {
			return nil, errors.Join(&StageError{Stage: st.name, Err: err}, unlock())
		}
		held = append(held, each)
	}
	return unlock, nil
}
