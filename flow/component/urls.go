package component

import (
	"context"
	"fmt"
	"strings"

	"hpaflow/data/place"
	"hpaflow/data/store"
)

// A file that is read may be named by a URL, of a store or of a web server: it is
// brought to this machine as a whole, before the run (lang.Plan.Bring). A folder
// may where its component streams it.

// AsPath is a value in which what names a file of this machine by a URL,
// file:///x, is its path.
func (f Field) AsPath(v any) any {
	if !f.reads() && !f.writes() {
		return v
	}
	switch v := v.(type) {
	case string:
		return place.Path(v)
	case []string:
		list := make([]string, len(v))
		for i, name := range v {
			list[i] = place.Path(name)
		}
		return list
	}
	return v
}

// Bring gives a value with the URLs of whole files replaced by what bring makes of
// them: paths of this machine. Those of folders that are streamed stay.
func (f Field) Bring(v any, bring func(url string, within ...string) (path string, err error)) (any, error) {
	if !f.bringsFiles() {
		return v, nil
	}
	switch v := v.(type) {
	case string:
		return f.bringOne(v, bring)
	case []string:
		list := make([]string, len(v))
		for i, name := range v {
			var err error
			if list[i], err = f.bringOne(name, bring); err != nil {
				return v, err
			}
		}
		return list, nil
	}
	return v, nil
}

func (f Field) bringOne(name string, bring func(url string, within ...string) (string, error)) (string, error) {
	if !place.Remote(name) {
		return name, nil
	}
	file, part, cut := strings.Cut(name, "#")
	path, err := bring(file, f.Within...)
	if err != nil {
		return name, fmt.Errorf("%s: %w", f.Name, err)
	}
	if cut {
		path += "#" + part
	}
	return path, nil
}

// bringsFiles says that a URL's file, or its folder with all that is in it, is brought
// to this machine.
func (f Field) bringsFiles() bool {
	folder := f.Type == InputDir || f.Type == InputDirs || f.Type == InputAny
	return f.Type == InputFile || f.Type == InputFiles || f.Whole || f.Bears == ByFile || folder && !f.Streams
}

// existsRemote is exists for a URL.
func (f Field) existsRemote(url string) error {
	ctx := context.Background()
	folder := f.Type == InputDir || f.Type == InputDirs
	u, err := store.Parse(url)
	web := err == nil && (u.Scheme == "https" || u.Scheme == "http")
	switch {
	case err != nil:
		return err
	case folder && web:
		for _, name := range f.Within {
			if found, err := place.Exists(ctx, place.Join(url, name)); found || err != nil {
				return err
			}
		}
		return fmt.Errorf("%q: a web server does not list its folders; give one of s3://, gs:// or az://, or copy it here first", place.Shown(url))
	}
	if !folder {
		found, err := place.Exists(ctx, url)
		if err != nil || found {
			return err
		}
		if f.Type != InputAny || web {
			return fmt.Errorf("file %q does not exist", place.Shown(url))
		}
	}
	s, err := store.For(ctx, url)
	if err != nil {
		return err
	}
	for _, err := range s.List(ctx, store.ListOptions{Folder: true}) {
		return err
	}
	return fmt.Errorf("folder %q does not exist, or has nothing in it", place.Shown(url))
}

// writableRemote is Writable for a URL: it says what can be said without asking the
// store.
func writableRemote(url string) error {
	u, err := store.Parse(url)
	if err != nil {
		return err
	}
	if u.Scheme == "https" || u.Scheme == "http" {
		return fmt.Errorf("%q: a web server takes no results; give a path, or s3://, gs:// or az://", place.Shown(url))
	}
	return nil
}
