package place

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"hpaflow/data/store"
)

// here is where files of stores are on this machine.
var here struct {
	sync.Mutex
	temp string // a folder that goes with the process; empty: there is none yet
}

// Forget removes all that was brought. It is called when the process ends.
func Forget() error {
	here.Lock()
	defer here.Unlock()
	dir := here.temp
	here.temp = ""
	if dir == "" {
		return nil
	}
	return os.RemoveAll(dir)
}

// Scratch makes an empty folder on this machine that nobody else knows, for what is
// to be put into a store. It goes with Forget, if its user does not remove it.
func Scratch() (string, error) {
	here.Lock()
	defer here.Unlock()
	if err := needTemp(); err != nil {
		return "", err
	}
	return os.MkdirTemp(here.temp, "work-*")
}

func needTemp() (err error) {
	if here.temp == "" {
		here.temp, err = os.MkdirTemp("", "hpaflow-*")
	}
	return err
}

// Bring copies what a URL names to this machine, unless it was brought before and is
// the same still, and gives its path there: it has the URL's own last name. Of a
// folder, which there is where there is no such file, some names are looked for,
// and the first that is there is brought; without any, the whole folder.
func Bring(ctx context.Context, url string, within ...string) (path string, err error) {
	s, key, err := store.File(ctx, url)
	if err != nil {
		return "", err
	}
	o, err := s.Stat(ctx, key)
	if err == nil {
		return bring(ctx, s, o, url)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	for _, name := range within {
		file := Join(url, name)
		path, err := Bring(ctx, file)
		if !errors.Is(err, fs.ErrNotExist) {
			return path, err
		}
	}
	if len(within) > 0 {
		return "", err
	}
	return bringFolder(ctx, url, err)
}

// bring copies one file. Where it is put follows from its URL and version.
func bring(ctx context.Context, s store.Store, o store.Object, url string) (string, error) {
	here.Lock()
	err := needTemp()
	base := here.temp
	here.Unlock()
	if err != nil {
		return "", err
	}
	path := filepath.Join(base, "file-"+digest(url, o), Base(url))
	if info, err := os.Stat(path); err == nil && info.Size() == o.Size && (o.Version != "" || !o.Modified.IsZero()) {
		return path, nil
	}
	return path, fetch(ctx, s, o.Key, path)
}

func digest(url string, o store.Object) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%d\n%d", url, o.Version, o.Size, o.Modified.UnixNano()))
	return hex.EncodeToString(sum[:12])
}

// bringFolder copies all of a folder, each file as bring does, but into one place.
func bringFolder(ctx context.Context, url string, none error) (string, error) {
	s, err := store.For(ctx, url)
	if err != nil {
		return "", err
	}
	base, err := Scratch()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(base, Base(url))
	files, err := fetchAll(ctx, s, dir, func(string) bool { return true })
	if errors.Is(err, store.ErrUnsupported) { // a web server has no folders
		err = none
	}
	if err != nil {
		return "", err
	}
	if files == 0 {
		return "", errors.Join(none, os.Remove(base))
	}
	return dir, nil
}
