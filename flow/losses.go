package flow

import "sync"

// Skipped is a record that a stage has dropped on purpose, such as a sample
// that lacks a channel.
type Skipped struct{ Key, Stage, Cause string }

// losses are the records that a run has not done, for its report.
type losses struct {
	mu      sync.Mutex
	dead    []DeadLetter
	skipped []Skipped
}

func (l *losses) bury(d DeadLetter) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dead = append(l.dead, d)
}

func (l *losses) skip(s Skipped) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.skipped = append(l.skipped, s)
}

// Losses names every record that has failed, and every one that was skipped, in
// the order in which that was found out. It may be called after Run.
func (g *Graph) Losses() (dead []DeadLetter, skipped []Skipped) {
	g.losses.mu.Lock()
	defer g.losses.mu.Unlock()
	return g.losses.dead, g.losses.skipped
}
