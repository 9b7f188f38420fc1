package live

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"hpaflow/flow"
)

// Lost are records that were not done for one reason at one stage.
type Lost struct {
	Flow    int       `json:"flow"`
	Stage   string    `json:"stage"`
	Cause   string    `json:"cause"`   // with "…" where the key stood
	Skipped bool      `json:"skipped"` // dropped on purpose: no fault
	Count   int64     `json:"count"`
	Keys    []string  `json:"keys"` // the last few
	File    string    `json:"file,omitempty"`
	Last    time.Time `json:"last"`
}

// Bounds of what is kept of lost records and of what stages say: a run may lose
// millions.
const (
	mostCauses = 60
	mostKeys   = 5
	mostNotes  = 60
	mostText   = 400 // bytes of a cause, key or note
)

// lost gathers lost records by cause. The rest of the causes, once there are too
// many, is counted as one.
type lost struct {
	list []*Lost
	by   map[lostBy]*Lost
}

type lostBy struct {
	flow    int
	stage   string
	cause   string
	skipped bool
}

const otherCauses = "other causes"

func (l *lost) add(number int, d flow.DeadLetter) {
	cause := d.Cause
	if len(d.Key) > 2 {
		cause = strings.ReplaceAll(cause, d.Key, "…")
	}
	by := lostBy{number, d.Stage, short(cause), d.Skipped}
	if l.by[by] == nil {
		if l.by == nil {
			l.by = map[lostBy]*Lost{}
		}
		if len(l.list) >= mostCauses {
			by = lostBy{number, "", otherCauses, d.Skipped}
		}
		if l.by[by] == nil {
			l.by[by] = &Lost{Flow: by.flow, Stage: by.stage, Cause: by.cause, Skipped: by.skipped}
			l.list = append(l.list, l.by[by])
			l.trim()
		}
	}
	of := l.by[by]
	of.Count, of.File, of.Last = of.Count+1, short(d.File), d.Time
	of.Keys = append(of.Keys, short(d.Key))
	of.Keys = of.Keys[max(0, len(of.Keys)-mostKeys):]
}

// trim forgets the rarest causes of flows that have passed, where flows follow upon
// flows, each with causes of its own.
func (l *lost) trim() {
	for len(l.list) > 2*mostCauses {
		rarest := slices.MinFunc(l.list, func(a, b *Lost) int { return cmp.Or(cmp.Compare(a.Count, b.Count), a.Last.Compare(b.Last)) })
		delete(l.by, lostBy{rarest.Flow, rarest.Stage, rarest.Cause, rarest.Skipped})
		l.list = slices.DeleteFunc(l.list, func(o *Lost) bool { return o == rarest })
	}
}

// view are copies, the most frequent first, faults before what was skipped.
func (l *lost) view() []Lost {
	all := []Lost{}
	for _, of := range l.list {
		c := *of
		c.Keys = slices.Clone(of.Keys)
		all = append(all, c)
	}
	slices.SortStableFunc(all, func(a, b Lost) int {
		if a.Skipped != b.Skipped {
			if a.Skipped {
				return 1
			}
			return -1
		}
		return cmp.Compare(b.Count, a.Count)
	})
	return all
}

// Note is what a stage has said.
type Note struct {
	At    float64 `json:"at"` // seconds since the run began
	Stage string  `json:"stage"`
	Text  string  `json:"text"`
}

// short bounds a text, at the begin of a letter.
func short(text string) string {
	if len(text) <= mostText {
		return text
	}
	return strings.ToValidUTF8(text[:mostText], "") + "…"
}
