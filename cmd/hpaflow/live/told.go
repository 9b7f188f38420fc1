package live

import (
	"time"

	"hpaflow/flow"
)

// Events shows what a run is told of, and tells it on.
func (b *Board) Events(on flow.Events) flow.Events {
	if b == nil {
		return on
	}
	dead, skipped, noted := on.Dead, on.Skipped, on.Noted
	on.Dead = func(d flow.DeadLetter) {
		b.lose(d)
		if dead != nil {
			dead(d)
		}
	}
	on.Skipped = func(stage, key, cause string) {
		b.lose(flow.DeadLetter{Stage: stage, Key: key, Cause: cause, Time: time.Now(), Skipped: true})
		if skipped != nil {
			skipped(stage, key, cause)
		}
	}
	on.Noted = func(stage, text string) {
		b.note(stage, text)
		if noted != nil {
			noted(stage, text)
		}
	}
	return on
}

func (b *Board) lose(d flow.DeadLetter) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lost.add(b.number, d)
}

func (b *Board) note(stage, text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.notes = append(b.notes, Note{time.Since(b.began).Seconds(), stage, short(text)})
	if len(b.notes) > mostNotes {
		b.notes = append(b.notes[:0], b.notes[len(b.notes)-mostNotes:]...)
	}
}
