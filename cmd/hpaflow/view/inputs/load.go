package inputs

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"hpaflow/data"
	"hpaflow/data/corrections"
	"hpaflow/data/view"
	"hpaflow/flow/component"
)

// Loader reads inputs into an index, one after the other, while others look at it.
type Loader struct {
	Index    *view.Index
	Registry *component.Registry

	mu     sync.Mutex
	inputs []*Input
	runs   []RunSummary
	why    map[string]string // by Id: the cause of its dead letter; set in an Update of the index

	Corrections string // the file that was found, if one was
}

// Begin says what will be read, and makes the columns for it.
func (l *Loader) Begin(found []*Input) {
	l.inputs, l.why = found, map[string]string{}
	for _, in := range found {
		if in.Kind == Corrections && l.Corrections == "" {
			l.Corrections = in.Path
		}
	}
}

// ClassesOf are the labels of what was found: as many as its tables of probabilities
// have; 0: there is none.
func ClassesOf(found []*Input) int {
	most := 0
	for _, in := range found {
		most = max(most, in.Classes)
	}
	return min(most, data.MaxClasses)
}

// Input is that of a number.
func (l *Loader) Input(number int) (*Input, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if number < 0 || number >= len(l.inputs) {
		return nil, false
	}
	return l.inputs[number], true
}

// Told are the inputs as they are to be shown.
func (l *Loader) Told() []Input {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := make([]Input, len(l.inputs))
	for i, in := range l.inputs {
		list[i] = *in
		list[i].shards, list[i].images = nil, nil
	}
	return list
}

// Load reads all inputs. What cannot be read is told of the input, and ends nothing.
func (l *Loader) Load(ctx context.Context) {
	for i, in := range l.inputs {
		if ctx.Err() != nil {
			return
		}
		if in.Done {
			continue
		}
		note, err := l.read(ctx, i, in)
		l.mu.Lock()
		in.Done, in.Note = true, note
		if err != nil {
			in.Failed, in.Note = true, err.Error()
		}
		l.mu.Unlock()
	}
	l.Index.View(l.Index.Prepare)
}

func (l *Loader) read(ctx context.Context, number int, in *Input) (note string, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%s: %v", in.Path, v)
		}
	}()
	switch in.Kind {
	case Shards:
		return l.readShards(number, in)
	case Images:
		return l.readImages(ctx, number, in)
	case Labels:
		return l.readLabels(ctx, in)
	case Decisions:
		return l.readDecisions(in)
	case Probabilities:
		return l.readProbabilities(ctx, in)
	case Thresholds:
		return l.readThresholds(in)
	case Groups:
		return l.readGroups(in)
	case Hashes:
		return l.readHashes(in)
	case Embeddings:
		return l.readEmbeddings(ctx, in)
	case DeadLetters:
		return l.readLetters(in)
	case Run:
		return l.readRun(in)
	case Corrections:
		return "", nil
	}
	return "", errors.New("nobody reads it")
}

// step is how many rows go into the index at once, so that nobody who looks waits long.
const step = 8192

func (l *Loader) readShards(number int, in *Input) (string, error) {
	entries := in.shards.Entries()
	splits := view.NewCategory(in.Name)
	some := false
	for at := 0; at < len(entries); at += step {
		var fault error
		l.Index.Update(func() {
			for i := at; i < min(at+step, len(entries)); i++ {
				e := &entries[i]
				row, err := l.Index.Add(e.Key)
				if err != nil {
					fault = err
					return
				}
				l.Index.SetPlace(row, view.PlaceOf(number, i))
				if e.Labeled {
					l.Index.SetLabels(row, e.Labels)
				}
				if e.Split != "" {
					some = true
					fault = splits.Set(row, e.Split)
				} else {
					fault = splits.Set(row, "in")
				}
				if fault != nil {
					return
				}
			}
			if at == 0 {
				l.Index.Categories = append(l.Index.Categories, splits)
			}
		})
		if fault != nil {
			return "", fault
		}
	}
	note := fmt.Sprintf("%d samples", len(entries))
	if some {
		note += ", with splits"
	}
	return note, nil
}

func (l *Loader) readImages(ctx context.Context, number int, in *Input) (string, error) {
	f, err := listFolder(ctx, in.Path, l.Registry)
	if err != nil {
		return "", err
	}
	l.mu.Lock()
	in.images = f
	l.mu.Unlock()
	here := view.NewCategory(in.Name)
	l.Index.Update(func() {
		for i, s := range f.samples {
			var row int
			if row, err = l.Index.Add(s.ID); err != nil {
				return
			}
			l.Index.SetPlace(row, view.PlaceOf(number, i))
			here.Set(row, "in") // one value
		}
		l.Index.Categories = append(l.Index.Categories, here)
	})
	for _, d := range f.lost {
		l.lose(d.Key, d.Stage+": "+d.Cause)
	}
	note := fmt.Sprintf("%d samples", len(f.samples))
	if f.note != "" {
		note += ", " + f.note
	}
	if len(f.lost) > 0 {
		note += fmt.Sprintf("; %d cannot be shown", len(f.lost))
	}
	return note, err
}

// lose says why a sample is dead.
func (l *Loader) lose(id, cause string) {
	if data.CheckKey(id) != nil {
		return
	}
	l.Index.Update(func() {
		row, err := l.Index.Add(id)
		if err != nil {
			return
		}
		l.Index.SetDead(row)
		if _, known := l.why[id]; !known && len(l.why) < 1_000_000 {
			l.why[strings.Clone(id)] = strings.Clone(cause)
		}
	})
}

// Cause is why a sample is dead, in a View of the index.
func (l *Loader) Cause(id string) string { return l.why[id] }

// Correct applies a table of corrections to the index, in an Update; the samples of the
// one before it that have none any more are as they were.
func Correct(x *view.Index, before, now *corrections.Log) {
	states := map[string]corrections.State{}
	for _, id := range before.IDs() {
		states[id] = corrections.State{}
	}
	for _, id := range now.IDs() {
		s, _ := now.State(id)
		states[id] = s
	}
	x.Correct(states)
}
