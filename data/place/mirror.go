package place

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"hpaflow/data/atomicfile"
	"hpaflow/data/store"
)

// Mirror is a folder of this machine that stands in for one in a store, for what
// writes files by their paths, appends to them and removes them again. What is in
// the store is brought first; Put puts there what has changed since.
//
// A process that is killed while it puts leaves the store as it was before, but for
// files that have others' place, each of which is whole, or as it is to be: new files
// are named in an object of their own before the first comes, and those that go
// before the first goes, when all that is new is there.
type Mirror struct {
	url     string
	control string   // folder in it, of the lock and of what says what is about to change
	only    []string // files and folders in it that are brought, with control; nil: all
	dir     string
	lock    *LifeSign // nil: it is only looked at

	mu   sync.Mutex
	sent map[string]fs.FileInfo // what the store has, as it was here; by its name below the folder
}

// turn is what is about to change in a store.
type turn struct {
	New  []string `json:"new,omitempty"`
	Gone []string `json:"gone,omitempty"`
}

// turnName is the object that says so, in the folder of control.
const turnName = "mirror.json"

// Look brings a folder of a store to this machine to be looked at, or only what has
// some names there. control is the name of a folder in it.
func Look(ctx context.Context, url, control string, only ...string) (*Mirror, error) {
	m := &Mirror{url: url, control: control, only: only}
	pending, err := m.pending(ctx)
	if err != nil {
		return nil, err
	}
	return m, m.bring(ctx, pending)
}

// Hold is Look for who writes there as well: no other does until Close. A run that was
// killed is waited for until it is known to be gone, which say is told.
func Hold(ctx context.Context, say func(text string), url, control string, only ...string) (*Mirror, error) {
	m := &Mirror{url: url, control: control, only: only}
	var err error
	if m.lock, err = claimInTime(ctx, m.at(control), say); err != nil {
		return nil, err
	}
	var pending turn
	if pending, err = m.pending(ctx); err == nil {
		err = m.remove(ctx, append(pending.New, pending.Gone...))
	}
	if err == nil {
		err = m.bring(ctx, turn{})
	}
	if err != nil {
		return nil, errors.Join(err, m.lock.Remove())
	}
	return m, nil
}

// at is the URL of a file in the folder.
func (m *Mirror) at(name ...string) string { return Join(m.url, name...) }

// Dir is the folder of this machine.
func (m *Mirror) Dir() string { return m.dir }

// pending is what a run that was killed was about to change.
func (m *Mirror) pending(ctx context.Context) (t turn, err error) {
	name := m.at(m.control, turnName)
	b, err := Read(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return t, nil
	}
	if err == nil {
		if err = json.Unmarshal(b, &t); err != nil {
			err = fmt.Errorf("%s: %w", Shown(name), err)
		}
	}
	return t, err
}

// remove removes files of the store, and then what says that they are to go.
func (m *Mirror) remove(ctx context.Context, names []string) error {
	group, all := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for _, name := range names {
		group.Go(func() error { return Remove(all, m.at(name)) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return Remove(ctx, m.at(m.control, turnName))
}

// bring copies the store's files to a new folder, but for those that would be gone
// had nobody been killed.
func (m *Mirror) bring(ctx context.Context, without turn) (err error) {
	base, err := Scratch()
	if err != nil {
		return err
	}
	m.dir = filepath.Join(base, cmp.Or(Base(m.url), "results"))
	if err = os.Mkdir(m.dir, 0o777); err == nil {
		err = m.fetch(ctx, func(name string) bool {
			return m.keeps(name) && !slices.Contains(without.New, name) && !slices.Contains(without.Gone, name)
		})
	}
	if err == nil {
		m.sent, err = m.look()
	}
	if err != nil {
		err = errors.Join(err, os.RemoveAll(base))
	}
	return err
}

func (m *Mirror) fetch(ctx context.Context, wanted func(name string) bool) error {
	if m.only == nil {
		return FetchFolder(ctx, m.url, m.dir, wanted)
	}
	for _, name := range append(m.only, m.control) {
		err := FetchFolder(ctx, m.at(name), filepath.Join(m.dir, name), func(below string) bool { return wanted(name + "/" + below) })
		if err != nil {
			return err
		}
		s, key, err := store.File(ctx, m.at(name))
		if err == nil && wanted(name) {
			err = fetch(ctx, s, key, filepath.Join(m.dir, name))
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// keeps says whether a file is one of the folder: locks, and what is still being
// written, are not.
func (m *Mirror) keeps(name string) bool {
	return !strings.HasSuffix(name, atomicfile.Suffix) &&
		name != m.control+"/"+turnName && !strings.HasPrefix(name, m.control+"/"+lockName+"/")
}

// look lists the files of the folder here.
func (m *Mirror) look() (map[string]fs.FileInfo, error) {
	files := map[string]fs.FileInfo{}
	err := filepath.WalkDir(m.dir, func(path string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) { // it has just gone
			return nil
		}
		if err != nil || e.IsDir() {
			return err
		}
		name, err := filepath.Rel(m.dir, path)
		if err != nil {
			return err
		}
		if name = filepath.ToSlash(name); !m.keeps(name) {
			return nil
		}
		info, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil && info.Mode().IsRegular() {
			files[name] = info
		}
		return err
	})
	return files, err
}

// Put makes the store's folder what the one here is. It is safe for concurrent use,
// beside others who write here.
func (m *Mirror) Put(ctx context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	now, err := m.look()
	if err != nil {
		return err
	}
	var changed []string
	var next turn
	for name, info := range now {
		before := m.sent[name]
		if before == nil {
			next.New = append(next.New, name)
		}
		if before == nil || !os.SameFile(before, info) || before.Size() != info.Size() || !before.ModTime().Equal(info.ModTime()) {
			changed = append(changed, name)
		}
	}
	for name := range m.sent {
		if now[name] == nil {
			next.Gone = append(next.Gone, name)
		}
	}
	if len(changed)+len(next.Gone) == 0 {
		return nil
	}
	if err := m.lock.Ours(ctx); err != nil {
		return err
	}
	if err := m.announce(ctx, turn{New: next.New}); err != nil {
		return err
	}
	if err := m.putFiles(ctx, changed); err != nil {
		return err
	}
	if err := m.announce(ctx, turn{Gone: next.Gone}); err != nil {
		return err
	}
	if len(next.New)+len(next.Gone) > 0 {
		if err := m.remove(ctx, next.Gone); err != nil {
			return err
		}
	}
	m.sent = now
	return nil
}

func (m *Mirror) putFiles(ctx context.Context, names []string) error {
	group, all := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for _, name := range names {
		group.Go(func() error {
			path := filepath.Join(m.dir, filepath.FromSlash(name))
			err := Put(all, path, m.at(name))
			if _, gone := os.Stat(path); errors.Is(gone, fs.ErrNotExist) {
				return nil // the next Put sees that
			}
			return err
		})
	}
	return group.Wait()
}

// announce says what is about to change, if anything is.
func (m *Mirror) announce(ctx context.Context, t turn) error {
	if len(t.New)+len(t.Gone) == 0 {
		return nil
	}
	b, err := json.Marshal(t)
	if err != nil {
		return err
	}
	return Write(ctx, m.at(m.control, turnName), append(b, '\n'))
}

// Close lets others have the store's folder, and removes the one here: but not where
// the store has not taken all that is in it, which the error says.
func (m *Mirror) Close() error {
	if m.lock == nil {
		return os.RemoveAll(filepath.Dir(m.dir))
	}
	err := m.Put(context.Background())
	if err == nil {
		return errors.Join(m.lock.Remove(), os.RemoveAll(filepath.Dir(m.dir)))
	}
	kept, err2 := os.MkdirTemp("", "hpaflow-kept-*")
	if err2 == nil {
		kept = filepath.Join(kept, filepath.Base(m.dir))
		err2 = os.Rename(m.dir, kept)
	}
	if err2 == nil {
		err = fmt.Errorf("%w; what should be in %s is kept in %s", err, Shown(m.url), kept)
	}
	return errors.Join(err, err2, m.lock.Remove())
}

// Named is a text with the name of the store's folder where it has that of the one
// here.
func (m *Mirror) Named(text string) string { return strings.ReplaceAll(text, m.dir, Shown(m.url)) }
