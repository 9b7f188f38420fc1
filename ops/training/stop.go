package training

import (
	"fmt"

	"hpaflow/models/checkpoint"
)

// stops says whether a run with these epochs behind it is to end, because the last
// so many were no better than the best before them, and the note that tells it.
// With 0 it never is. It follows from the scores alone, which checkpoints hold: a
// run that goes on knows how long it has waited.
func stops(history []checkpoint.EpochScores, after int) (note string, stop bool) {
	p := checkpoint.Position{History: history}
	best := p.Best()
	if after == 0 || best < 0 || len(history)-1-best < after {
		return "", false
	}
	last := history[len(history)-1].Epoch
	return fmt.Sprintf("stopped after epoch %d: in %d epochs none had a better macro F1 than epoch %d, with %.3f (stop_after = %d)",
		last, len(history)-1-best, history[best].Epoch, history[best].Score(), after), true
}

// stopped says whether an earlier process has ended the run so, and the note that
// tells it.
func (t *trainer) stopped() (note string, stop bool) {
	c, ok := t.graph.Resume().State.(*checkpoint.Checkpoint)
	if !ok {
		return "", false
	}
	note, stop = stops(c.Position.History, t.stopAfter)
	return note + "; a larger stop_after goes on", stop
}
