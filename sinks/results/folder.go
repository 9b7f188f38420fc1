package results

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/cespare/xxhash/v2"

	"hpaflow/data/atomicfile"
	"hpaflow/data/provenance"
	"hpaflow/flow"
	"hpaflow/flow/component"
)

// Folder is a folder of results, each of one file or of a few, which are known
// by the keys of the records they are made from. It is safe for concurrent use.
type Folder struct {
	*Ledger
	there []uint64 // XXH64 of the names in the folder when the run began, sorted

	mu     sync.Mutex
	begun  map[string]*making // by key, in this run
	making map[string]*making // by the name of a file that has not appeared yet
}

// making is a result on its way.
type making struct {
	key    string
	sum    uint64
	length int64
	left   int // files that have not appeared yet
}

// NewFolder is for the folder of a node's results.
func NewFolder(n *component.Node, dir string) *Folder {
	return &Folder{Ledger: NewLedger(n, dir), begun: map[string]*making{}, making: map[string]*making{}}
}

// Open removes what killed runs have left half written, lists what is there,
// and reads what it was made from.
func (f *Folder) Open() (err error) {
	if err := atomicfile.Sweep(atomicfile.OS, f.Dir); err != nil {
		return err
	}
	f.there = nil
	if err := atomicfile.EachEntry(f.Dir, func(e fs.DirEntry) error {
		f.there = append(f.there, xxhash.Sum64String(e.Name()))
		return nil
	}); err != nil {
		return err
	}
	slices.Sort(f.there)
	if err := f.Ledger.Open(); err != nil {
		return err
	}
	return f.Compare()
}

// Complete says whether the files of a key's result are there and need not be
// made again. An error ends the run.
func (f *Folder) Complete(key string, from provenance.Origin, names ...string) (bool, error) {
	length, state := f.look(names)
	switch {
	case state == absent:
		f.Note(key, from)
		return false, nil
	case state == broken, f.recorded(key) != length && f.recorded(key) >= 0 && !f.whole(names):
		f.Note(key, from)
		f.change.Damaged(key)
		return false, nil
	}
	return f.Check(key, from, length)
}

// How the files of a result stand.
const (
	absent = iota // one at least
	broken        // one at least is empty
	whole
)

// look asks about the files that may be there: those that were listed, of which
// the system knows for sure, and those in folders, which were not.
func (f *Folder) look(names []string) (length int64, state int) {
	state = whole
	for _, name := range names {
		if _, listed := slices.BinarySearch(f.there, xxhash.Sum64String(name)); !listed && !strings.Contains(name, "/") {
			return 0, absent
		}
		info, err := os.Stat(filepath.Join(f.Dir, name)) // of a link, what it leads to
		if err != nil || !info.Mode().IsRegular() {
			return 0, absent
		}
		if info.Size() == 0 {
			state = broken
		}
		length += info.Size()
	}
	return length, state
}

// whole says whether files whose length is not what was written are complete
// all the same: someone has replaced them, and they are not ours any more.
func (f *Folder) whole(names []string) bool {
	for _, name := range names {
		if !strings.HasSuffix(name, ".png") || !endsAsPNG(filepath.Join(f.Dir, name)) {
			return false
		}
	}
	return true
}

// pngEnd is the chunk that every PNG ends in.
const pngEnd = "\x00\x00\x00\x00IEND\xaeB`\x82"

func endsAsPNG(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.Size() < int64(len(pngEnd)) {
		return false
	}
	end := make([]byte, len(pngEnd))
	_, err = f.ReadAt(end, info.Size()-int64(len(end)))
	return err == nil && string(end) == pngEnd
}

// Begin says that a key's result of so many files is about to be written, from
// files with this Sum (0: not known). A key that comes twice in a run is an
// error of the record.
func (f *Folder) Begin(key string, sum uint64, names ...string) error {
	return f.BeginAfter(0, key, sum, names...)
}

// BeginAfter is Begin for a result some of whose files, of so many bytes, are
// there and stay.
func (f *Folder) BeginAfter(there int64, key string, sum uint64, names ...string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, name := range names {
		if err := f.inner.enter(f.Ledger, name); err != nil {
			return err
		}
	}
	if f.begun[key] != nil {
		return flow.OfRecord(fmt.Errorf("a record before has the same key, and its result is %s; give them different names", filepath.Join(f.Dir, names[0])))
	}
	m := &making{key: key, sum: sum, length: there, left: len(names)}
	f.begun[key] = m
	for _, name := range names {
		f.making[name] = m
	}
	return nil
}

// Enter records a result all of whose files, of so many bytes, are there.
func (f *Folder) Enter(key string, sum uint64, length int64) error {
	return f.ledger.Put([]string{key}, []provenance.Entry{{Digest: sum, Length: length}})
}

// Group is a group of files for the folder, which enters results in the ledger
// as they appear.
func (f *Folder) Group() *atomicfile.Group {
	g := atomicfile.NewGroup(atomicfile.OS, f.Dir)
	g.Appearing = func(files []atomicfile.Staged) error {
		f.mu.Lock()
		var keys []string
		for _, s := range files {
			if m := f.making[s.Name]; m != nil && (len(keys) == 0 || keys[len(keys)-1] != m.key) {
				keys = append(keys, m.key)
			}
		}
		f.mu.Unlock()
		return f.ledger.Begin(keys...)
	}
	g.Appeared = f.appeared
	return g
}

// Write makes one file of a result appear by itself.
func (f *Folder) Write(name string, content []byte) error {
	g := f.Group()
	if err := g.Add(name, content); err != nil {
		return errors.Join(err, g.Abort())
	}
	return g.Flush()
}

// appeared enters the results all of whose files have appeared.
func (f *Folder) appeared(files []atomicfile.Staged) error {
	f.mu.Lock()
	var keys []string
	var entries []provenance.Entry
	for _, s := range files {
		m := f.making[s.Name]
		if m == nil {
			continue
		}
		delete(f.making, s.Name)
		m.length += s.Length
		if m.left--; m.left == 0 {
			keys = append(keys, m.key)
			entries = append(entries, provenance.Entry{Digest: m.sum, Length: m.length})
		}
	}
	f.mu.Unlock()
	return f.ledger.Put(keys, entries)
}
