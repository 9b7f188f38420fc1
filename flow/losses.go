package flow

import (
	"iter"
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
			if !yield(l.at(i)) {
				return
			}
		}
	}
}

func (l *Losses) at(i int) Loss {
	l.mu.Lock()
	defer l.mu.Unlock()
	was := l.list[i]
	return Loss{Key: was.key, Stage: l.texts[was.stage], Cause: l.said(was.cause, was.key), File: l.said(was.file, was.key)}
}

func (l *Losses) add(was Loss) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = append(l.list, loss{was.Key, l.number([]byte(was.Stage)), l.remark(was.Cause, was.Key), l.remark(was.File, was.Key)})
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
