package provenance

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// State is what a ledger knows of a result.
type State uint8

// The states.
const (
	Unknown  State = iota // nothing is recorded
	Making                // a run began to make it, and was killed
	Fresh                 // made from the same, by the same recipe
	Changed               // made from other files, by the same recipe
	Outdated              // made by another recipe
)

// Entry is what a sample's result was made from.
type Entry struct {
	Digest uint64 // Sum of the sample's files; 0: not known. While it is being made: the recipe's Tag
	Tag    uint64 // of the recipe; 0: it is being made
	Length int64  // of the result in bytes; -1: it has none of its own
}

// Ledger keeps an Entry a sample. It is safe for concurrent use. Two ledgers of
// one store must not be written at once; the result's lock sees to that.
type Ledger struct {
	store Store
	tag   uint64

	mu      sync.Mutex
	entries map[string]entry
	noted   map[string]uint64 // shortcuts by key, of what entries to come will say
	log     *os.File
	entered bool // something is not saved in samples yet
	noticed bool // the same of seen
}

// entry is one with the shortcut of what it says; 0: there is none.
type entry struct {
	Entry
	seen uint64
}

// OpenLedger reads the ledger of a store, for results of this recipe. There is
// an empty one where nothing is recorded.
func OpenLedger(s Store, m *Made) (*Ledger, error) {
	l := &Ledger{store: s, tag: m.Tag(), entries: map[string]entry{}, noted: map[string]uint64{}}
	return l, l.read()
}

// Len is how many samples are entered.
func (l *Ledger) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.entries)
}

// State says how a sample's result stands to what it is made from now. Without
// an origin only the recipe is compared. An origin that cannot be read is an
// error only where contents have to decide.
func (l *Ledger) State(key string, from Origin) (State, error) {
	l.mu.Lock()
	e, known := l.entries[key]
	l.mu.Unlock()
	shortcut := uint64(0)
	if from != nil {
		shortcut = from.Shortcut()
	}
	switch {
	case !known:
		l.note(key, shortcut)
		return Unknown, nil
	case e.Tag == 0:
		l.note(key, shortcut)
		return Making, nil
	case e.Tag != l.tag:
		l.note(key, shortcut)
		return Outdated, nil
	case from == nil || e.Digest == 0 || shortcut != 0 && shortcut == e.seen:
		return Fresh, nil
	}
	digest, err := from.Digest()
	if err != nil {
		return Changed, err
	}
	if digest != e.Digest {
		l.note(key, shortcut)
		return Changed, nil
	}
	l.see(key, shortcut)
	return Fresh, nil
}

// Note says what a sample that has no result will be made from.
func (l *Ledger) Note(key string, from Origin) {
	if from != nil {
		l.note(key, from.Shortcut())
	}
}

// note keeps a shortcut until the sample is entered: what it speaks of is not
// what the entry that there may be was made from.
func (l *Ledger) note(key string, shortcut uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if shortcut != 0 {
		l.noted[key] = shortcut
	}
}

// Stale says whether what there is of a sample's result, even a part, was made
// by another recipe.
func (l *Ledger) Stale(key string) bool {
	e, known := l.Entry(key)
	if e.Tag == 0 {
		return known && e.Digest != l.tag
	}
	return e.Tag != l.tag
}

// see takes a shortcut for that of the sample's entry.
func (l *Ledger) see(key string, shortcut uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e, entered := l.entries[key]; entered && e.seen != shortcut {
		e.seen = shortcut
		l.entries[key], l.noticed = e, true
	}
}

// Entry is what is recorded of a sample.
func (l *Ledger) Entry(key string) (e Entry, known bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	found, known := l.entries[key]
	return found.Entry, known
}

// Begin says that results of these samples are about to appear. It is on disk
// when Begin returns, and lasts once the folder is synced.
func (l *Ledger) Begin(keys ...string) error {
	entries := make([]Entry, len(keys))
	for i := range entries {
		entries[i].Digest = l.tag
	}
	return l.enter(keys, entries)
}

// Put records that results are there, in the order of the keys, each made by
// the ledger's recipe.
func (l *Ledger) Put(keys []string, entries []Entry) error {
	made := make([]Entry, len(entries))
	for i, e := range entries {
		made[i] = Entry{Digest: e.Digest, Tag: l.tag, Length: e.Length}
	}
	return l.enter(keys, made)
}

// enter appends to the log, by which a killed run's entries are found.
func (l *Ledger) enter(keys []string, entries []Entry) (err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.log == nil {
		if l.log, err = l.store.openLog(); err != nil {
			return err
		}
	}
	var text []byte
	for i, key := range keys {
		e := entry{Entry: entries[i]}
		if shortcut, noted := l.noted[key]; noted && e.Digest != 0 && e.Tag != 0 {
			e.seen = shortcut
			delete(l.noted, key)
		}
		l.entries[key] = e
		text = appendEntry(text, key, e.Entry, e.seen)
	}
	l.entered = true
	if _, err := l.log.Write(text); err != nil {
		return fmt.Errorf("%s: %w", l.log.Name(), err)
	}
	return nil
}

// Adopt counts a result that is there without a record as complete from now
// on: it is entered as made by the recipe, from contents that are not known.
func (l *Ledger) Adopt(key string, length int64) error {
	return l.Put([]string{key}, []Entry{{Length: length}})
}

// Drop takes a sample's entry away.
func (l *Ledger) Drop(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.entries, key)
	l.entered, l.noticed = true, true
}

// Clear takes all entries away.
func (l *Ledger) Clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.entries) // what is noted is of entries to come
	l.entered, l.noticed = true, true
}

// Save writes all entries down, in the order of their keys, and ends the log. A
// ledger to which nothing was added writes nothing.
func (l *Ledger) Save() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.entered {
		if err := l.store.write(samplesName, l.writeSamples); err != nil {
			return err
		}
	}
	if l.noticed || l.entered {
		if err := l.store.write(seenName, l.writeSeen); err != nil {
			return err
		}
	}
	l.entered, l.noticed = false, false
	return l.endLog()
}

// endLog removes the log, a killed run's too: all it says is saved.
func (l *Ledger) endLog() error {
	var err error
	if l.log != nil {
		err = l.log.Close()
		l.log = nil
	}
	if gone := os.Remove(filepath.Join(l.store.Dir, logName)); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
		err = errors.Join(err, gone)
	}
	return err
}
