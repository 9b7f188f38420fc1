package units

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"hpaflow/data/place"
	"hpaflow/flow/component"
)

// Results in a store. There is no hard link there and no lock: a file is published
// by a PUT on the condition that nothing has its name, and a worker that lives writes
// a sign of life now and then. Results are made on this machine first, those of units
// and what is made of them in the end.

// sweepStore is sweep for a sink whose results are in a store. What a worker that
// was killed has published and no record names is removed only while nobody is at
// work: there is no telling whose it is.
func (f *Flow) sweepStore(s sink, parts []map[string]string) (err error) {
	ctx := context.Background()
	own, err := place.Sign(ctx, place.Join(s.folder, "finish-"+place.Myself()))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, own.Remove()) }()
	names, err := place.Names(ctx, s.folder)
	if err != nil {
		return err
	}
	var dead []string
	for _, name := range names {
		if !strings.HasPrefix(name, workPrefix) {
			continue
		}
		switch alive, err := place.Alive(ctx, own, place.Join(s.folder, name, aliveName)); {
		case alive:
			return nil
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return err
		}
		dead = append(dead, place.Join(s.folder, name))
	}
	for _, work := range dead {
		left, err := f.unnamed(s, work)
		if err != nil {
			return err
		}
		for _, name := range left {
			if err := place.Remove(ctx, place.Join(s.home, name)); err != nil {
				return err
			}
		}
		if err := errors.Join(place.Remove(ctx, place.Join(work, intentName)), place.Remove(ctx, place.Join(work, aliveName))); err != nil {
			return err
		}
	}
	named := map[string]bool{}
	for _, of := range parts {
		named[of[s.Name]] = true
	}
	kept, err := place.Names(ctx, partDir(s, ""))
	if err != nil {
		return err
	}
	for _, part := range kept {
		if named[part] {
			continue
		}
		files, err := place.Files(ctx, partDir(s, part))
		if err != nil {
			return err
		}
		for _, file := range files {
			if err := place.Remove(ctx, place.Join(partDir(s, part), file.Name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// partsAtOnce is how many units' parts are brought at the same time.
const partsAtOnce = 16

// joinInStore lets a sink make its results of all units on this machine, and puts
// them into the store.
func (f *Flow) joinInStore(ctx context.Context, s sink, node *component.Node, j *component.Joined, parts []map[string]string) (err error) {
	scratch, err := place.Scratch()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	home := filepath.Join(scratch, "home")
	if err := os.Mkdir(home, 0o777); err != nil {
		return err
	}
	_, folder := s.Spec.ByUnit.Home(s.Args)
	to, path := s.home, home
	if !folder {
		var base string
		to, base = place.Split(s.home)
		path = filepath.Join(home, base)
	}
	node.Args = s.Spec.ByUnit.At(s.Args, path)
	j.SizeOf = func(name string) (int64, error) { return place.Size(ctx, place.Join(s.home, name)) }
	var faults error
	j.Parts = func(yield func(int, string) bool) {
		if faults == nil {
			faults = f.bringParts(ctx, s, parts, filepath.Join(scratch, "parts"))
		}
		for unit, of := range parts {
			if part := of[s.Name]; faults != nil || part != "" && !yield(unit, filepath.Join(scratch, "parts", part)) {
				return
			}
		}
	}
	if err := s.Spec.ByUnit.Join(node, j); err != nil || faults != nil {
		return errors.Join(faults, err)
	}
	return putAll(ctx, home, to)
}

// bringParts copies what units have kept of a sink to this machine.
func (f *Flow) bringParts(ctx context.Context, s sink, parts []map[string]string, to string) error {
	group, all := errgroup.WithContext(ctx)
	group.SetLimit(partsAtOnce)
	for _, of := range parts {
		if part := of[s.Name]; part != "" {
			group.Go(func() error {
				err := place.FetchFolder(all, partDir(s, part), filepath.Join(to, part), func(string) bool { return true })
				return errors.Join(err, os.MkdirAll(filepath.Join(to, part), 0o777))
			})
		}
	}
	return group.Wait()
}

// putAll puts the files of a folder of this machine into a store, in the place of
// those that are there; records of results after the results.
func putAll(ctx context.Context, from, to string) error {
	names, err := filesBelow(from)
	if err != nil {
		return err
	}
	slices.SortStableFunc(names, func(a, b string) int { return hidden(a) - hidden(b) })
	for _, name := range names {
		if err := place.Put(ctx, filepath.Join(from, name), place.Join(to, name)); err != nil {
			return err
		}
	}
	return nil
}

// hidden is 1 for what is in a hidden folder.
func hidden(name string) int {
	if strings.HasPrefix(name, ".") || strings.Contains(name, string(filepath.Separator)+".") {
		return 1
	}
	return 0
}

// writeInStore is write for a journal in a store, where each line is an object.
func (f folder) writeInStore(unit int, lines []line) error {
	for _, l := range lines {
		b, err := json.Marshal(l)
		if err != nil {
			return err
		}
		name := fmt.Sprintf("%d-%s-%s", l.Record, l.Says, l.Worker)
		if err := place.Write(context.Background(), place.Join(f.journalPath(unit), name), append(b, '\n')); err != nil {
			return err
		}
	}
	return nil
}

// readInStore is the text of a journal in a store: first what was begun, so that
// what was passed comes after it.
func (f folder) readInStore(unit int) (text []byte, err error) {
	names, err := place.Names(context.Background(), f.journalPath(unit))
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fs.ErrNotExist
	}
	slices.SortFunc(names, func(a, b string) int {
		return strings.Compare(strings.TrimLeft(a, "0123456789"), strings.TrimLeft(b, "0123456789"))
	})
	for _, name := range names {
		b, err := place.Read(context.Background(), place.Join(f.journalPath(unit), name))
		if err != nil {
			return nil, err
		}
		text = append(text, b...)
	}
	return text, nil
}

func (f folder) forgetInStore(unit int) error {
	names, err := place.Names(context.Background(), f.journalPath(unit))
	for _, name := range names {
		err = errors.Join(err, place.Remove(context.Background(), place.Join(f.journalPath(unit), name)))
	}
	return err
}

// diedInStore is died where there are no locks.
func (f folder) diedInStore(worker string) bool {
	ctx := context.Background()
	own, err := place.Sign(ctx, f.path("look-"+place.Myself()))
	if err != nil {
		return false
	}
	defer own.Remove() // one that stays grows old
	alive, err := place.Alive(ctx, own, f.path(worker, aliveName))
	return err == nil && !alive
}
