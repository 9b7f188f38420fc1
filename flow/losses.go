package flow

import (
	"cmp"
	"iter"
	"slices"
	"strings"
	"sync"
)

// Loss is a record that was not done: one that failed, or one that a stage has
// dropped on purpose, such as a sample that lacks a channel.
type Loss struct {
	Key   string
	Stage string
	Cause string
	File  string // that is at fault, where the cause is one of a file
}

// Losses are all the records that a run has not done, in the order in which that
// was found out. A run may lose millions, and most of them for the same reason,
// so what is said of them is kept once, without the keys. The zero Losses are
// ready for use, nil ones are empty; they are safe for concurrent use.
type Losses struct {
	mu      sync.Mutex
	list    []loss
	texts   []string
	numbers map[string]uint32 // of texts
	scratch []byte
}

type loss struct {
	key         string
	stage       uint32
	cause, file remark
}

// remark is a text as Losses keep it.
type remark struct {
	text uint32 // without the key
	at   int32  // where the key stood; -1: nowhere
}

// Len is how many there are.
func (l *Losses) Len() int {
	if l == nil {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.list)
}

// All are the losses up to now.
func (l *Losses) All() iter.Seq[Loss] {
	return func(yield func(Loss) bool) {
		for i := range l.Len() {
			if !yield(l.At(i)) {
				return
			}
		}
	}
}

// At is the one that was added as number i, from 0.
func (l *Losses) At(i int) Loss {
	l.mu.Lock()
	defer l.mu.Unlock()
	was := l.list[i]
	return Loss{Key: was.key, Stage: l.texts[was.stage], Cause: l.said(was.cause, was.key), File: l.said(was.file, was.key)}
}

// Add adds one.
func (l *Losses) Add(was Loss) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = append(l.list, loss{was.Key, l.number([]byte(was.Stage)), l.remark(was.Cause, was.Key), l.remark(was.File, was.Key)})
}

// plus are the losses of two runs, one after the other.
func (l *Losses) plus(next *Losses) *Losses {
	all := &Losses{}
	for _, part := range []*Losses{l, next} {
		for was := range part.All() {
			all.Add(was)
		}
	}
	return all
}

func (l *Losses) remark(text, key string) remark {
	at := strings.Index(text, key)
	if at < 0 {
		return remark{l.number(append(l.scratch[:0], text...)), -1}
	}
	l.scratch = append(append(l.scratch[:0], text[:at]...), text[at+len(key):]...)
	return remark{l.number(l.scratch), int32(at)}
}

func (l *Losses) said(r remark, key string) string {
	text := l.texts[r.text]
	if r.at < 0 {
		return text
	}
	return text[:r.at] + key + text[r.at:]
}

// number is that of a text, which it keeps.
func (l *Losses) number(text []byte) uint32 {
	if n, known := l.numbers[string(text)]; known {
		return n
	}
	if l.numbers == nil {
		l.numbers = map[string]uint32{}
	}
	n := uint32(len(l.texts))
	l.texts = append(l.texts, string(text))
	l.numbers[l.texts[n]] = n
	return n
}

// keptLetters are dead letters as they are, for those who want them after a run;
// others spare the memory.
type keptLetters struct {
	mu     sync.Mutex
	wanted bool
	list   []DeadLetter
}

func (k *keptLetters) add(d DeadLetter) {
	if k.wanted {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.list = append(k.list, d)
	}
}

// KeepLetters is called before Run by those who will ask for Letters.
func (g *Graph) KeepLetters() { g.kept.wanted = true }

// Letters are the dead letters of all records that have failed, and those of
// records that were skipped among them, in the order of the records. It may be
// called after a Run that was told by KeepLetters to keep them.
func (g *Graph) Letters() []DeadLetter {
	g.kept.mu.Lock()
	defer g.kept.mu.Unlock()
	slices.SortStableFunc(g.kept.list, func(a, b DeadLetter) int {
		return cmp.Or(cmp.Compare(a.Seq, b.Seq), strings.Compare(a.Stage, b.Stage), strings.Compare(a.Cause, b.Cause))
	})
	return slices.Clone(g.kept.list)
}
