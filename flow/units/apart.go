package units

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"hpaflow/data/atomicfile"
	"hpaflow/data/place"
)

// Some records kill whoever works on them: they need more memory than there is,
// or a driver falls over them. A unit that has killed workers is gone through
// record by record, and a journal in the folder of units, journal/00012.jsonl,
// says which record a worker is at. A worker that is killed then leaves word of
// which it was. A record at which so many workers died becomes a dead letter:
// one death may be anybody's doing, such as that of a scheduler.
const deadlyDeaths = 2

var errDeadly = fmt.Errorf("has killed %d workers that were at nothing else", deadlyDeaths)

// line is one of a journal.
type line struct {
	Worker string `json:"worker,omitempty"`
	Record int64  `json:"record"`
	Says   string `json:"says"` // begun, passed, or blamed
}

func (f folder) journalPath(unit int) string { return f.path("journal", unitName(unit)+".jsonl") }

// write appends lines to the journal of a unit, which last when it returns.
func (f folder) write(unit int, lines ...line) error {
	path := f.journalPath(unit)
	if place.Remote(path) {
		return f.writeInStore(unit, lines)
	}
	if err := atomicfile.MakeFolder(filepath.Dir(path)); err != nil {
		return err
	}
	var text []byte
	for _, l := range lines {
		b, err := json.Marshal(l)
		if err != nil {
			return err
		}
		text = append(append(text, b...), '\n')
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	_, err = file.Write(text) // at once, so that it is whole among those of others
	return errors.Join(err, atomicfile.Sync(file), file.Close())
}

// forget removes the journal of a unit that is done.
func (f folder) forget(unit int) error {
	if place.Remote(f.journalPath(unit)) {
		return f.forgetInStore(unit)
	}
	err := os.Remove(f.journalPath(unit))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// journal is what is known of the records of a unit, by number.
type journal struct {
	there  bool
	passed map[int64]bool
	deaths map[int64]int // of workers that were at it alone
	blamed map[int64]error
}

// journal reads that of a unit.
func (f folder) journal(unit int) (*journal, error) {
	j := &journal{passed: map[int64]bool{}, deaths: map[int64]int{}, blamed: map[int64]error{}}
	read := func(int) ([]byte, error) { return os.ReadFile(f.journalPath(unit)) }
	if place.Remote(string(f)) {
		read = f.readInStore
	}
	text, err := read(unit)
	if errors.Is(err, fs.ErrNotExist) {
		return j, nil
	}
	if err != nil {
		return nil, err
	}
	j.there = true
	at := map[string]int64{} // by worker: the record that it has not come past
	for text := range bytes.Lines(text) {
		var l line
		if json.Unmarshal(text, &l) != nil {
			continue // of a worker that was killed while it wrote
		}
		switch l.Says {
		case "begun":
			at[l.Worker] = l.Record
		case "passed":
			j.passed[l.Record] = true
			delete(at, l.Worker)
		case "blamed":
			j.blamed[l.Record] = errDeadly
		}
	}
	for worker, record := range at {
		if f.died(worker) && !j.passed[record] {
			j.deaths[record]++
		}
	}
	return j, nil
}

// died says that a worker was killed: its folder is there, and nobody holds it.
// One that ended in order has removed it.
func (f folder) died(worker string) bool {
	dir := f.path(worker)
	if place.Remote(dir) {
		return f.diedInStore(worker)
	}
	if _, err := os.Stat(dir); err != nil {
		return false
	}
	unlock, err := atomicfile.Lock(dir)
	if err != nil {
		return false
	}
	unlock()
	return true
}

// Blame looks at who has died at the records of a unit, and says how many it has
// found out now that are not to be worked on any more. They will be dead letters.
func (f *Flow) Blame(unit int) (found int, err error) {
	j, err := f.folder().journal(unit)
	if err != nil {
		return 0, err
	}
	for record, n := range j.deaths {
		if n < deadlyDeaths || j.blamed[record] != nil {
			continue
		}
		if err := f.folder().write(unit, line{Record: record, Says: "blamed"}); err != nil {
			return found, err
		}
		found++
	}
	return found, nil
}

// apart goes through the records of a unit one by one, if it is told to or
// another worker has begun to. What it makes of them is thrown away. It gives
// those that are not to be touched.
func (w *work) apart(ctx context.Context, unit int, told bool, first int64, names []entry, watch Watch) (map[int64]error, error) {
	j, err := w.folder().journal(unit)
	if err != nil || !told && !j.there {
		return nil, err
	}
	for i, e := range names {
		record := first + int64(i)
		if j.passed[record] || j.blamed[record] != nil {
			continue
		}
		if err := w.folder().write(unit, line{w.name, record, "begun"}); err != nil {
			return nil, err
		}
		if _, err := w.run(ctx, record, []entry{e}, nil, watch); err != nil {
			return nil, err
		}
		if err := w.folder().write(unit, line{w.name, record, "passed"}); err != nil {
			return nil, err
		}
		for _, s := range w.private() {
			if err := errors.Join(os.RemoveAll(w.dir(s)), os.Mkdir(w.dir(s), 0o777)); err != nil {
				return nil, err
			}
		}
	}
	return j.blamed, nil
}
