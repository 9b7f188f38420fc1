package images

import (
	"fmt"
	"iter"
	"runtime"

	"hpaflow/data"
	"hpaflow/data/provenance"
	"hpaflow/flow"
)

// To ask the file system about the files of a million samples takes most of the
// time of a run that has nothing to do. A folder's samples are known beforehand,
// so that is done ahead, on all processors, some samples at a time.

// aheadBy is how many samples are looked at together.
const aheadBy = 256

// looked is a sample whose files have been asked about.
type looked struct {
	*group
	files     []data.File // nil of one that lacks a channel
	undecided error       // why they are not of one image
	from      flow.Origin
}

// ahead gives the samples in their order, and forgets them. Without ask, the
// files are left to whoever wants to know.
func (g *grouping) ahead(samples []*group, ask bool) iter.Seq[looked] {
	return func(yield func(looked) bool) {
		var queue []chan []looked
		for len(samples) > 0 || len(queue) > 0 {
			for len(samples) > 0 && len(queue) < 2*runtime.GOMAXPROCS(0) {
				n := min(aheadBy, len(samples))
				part, done := samples[:n:n], make(chan []looked, 1)
				samples, queue = samples[n:], append(queue, done)
				go func() { done <- g.look(part, ask) }()
			}
			for _, l := range <-queue[0] {
				if !yield(l) {
					return // the others end by themselves
				}
			}
			queue = queue[1:]
		}
	}
}

func (g *grouping) look(samples []*group, ask bool) []looked {
	list := make([]looked, len(samples))
	for i, s := range samples {
		list[i] = g.lookAt(s, ask)
		samples[i] = nil
	}
	return list
}

// lookAt looks at one sample, whose fault a panic becomes.
func (g *grouping) lookAt(s *group, ask bool) (l looked) {
	defer func() {
		if p := recover(); p != nil {
			s.its().fault = fmt.Errorf("panic: %v", p)
		}
	}()
	l.group = s
	if g.missing(s) != nil {
		return l
	}
	if g.picks.gathers() {
		l.files, l.undecided = g.stack(s)
	} else {
		l.files = g.files(s)
	}
	l.from = g.origin(l.files)
	if ask && g.store == nil {
		l.from = provenance.Asked(l.files)
	}
	return l
}

// origin is what a sample of some files is made from.
func (g *grouping) origin(files []data.File) flow.Origin {
	if g.store != nil {
		return g.store.Origin(files, g.limits)
	}
	return provenance.Files(files)
}
