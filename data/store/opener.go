package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
)

// Connect makes a store of a whole bucket, container or server: its keys are whole
// paths there. It asks no server anything yet.
type Connect func(ctx context.Context, u URL) (Store, error)

// open are the kinds of stores, and the ones that are open.
var open struct {
	sync.Mutex
	kinds  map[string]Connect
	stores map[string]Store // by bucket and options
	wrap   []func(Store) Store
}

// Register makes a kind of store known. It is called before any is opened.
func Register(scheme string, connect Connect) {
	open.Lock()
	defer open.Unlock()
	if open.kinds == nil {
		open.kinds = map[string]Connect{}
	}
	open.kinds[scheme] = connect
}

// Decorate wraps every store that is opened from now on, but for folders: in a cache,
// for one.
func Decorate(wrap func(Store) Store) {
	open.Lock()
	defer open.Unlock()
	open.wrap = append(open.wrap, wrap)
}

// For opens a URL, or a path of this machine, as a folder: keys are paths below it.
// Whether there is such a folder shows when it is used.
func For(ctx context.Context, address string) (Store, error) {
	u, err := Parse(address)
	if err != nil {
		return nil, err
	}
	return forURL(ctx, u)
}

// File opens a URL, or a path of this machine, as a file: it gives the store of the
// folder that the file is in, and the file's key there.
func File(ctx context.Context, address string) (Store, string, error) {
	u, err := Parse(address)
	if err != nil {
		return nil, "", err
	}
	folder, name := u.Split()
	if name == "" {
		return nil, "", fmt.Errorf("%s names a folder, not a file", u.Public())
	}
	s, err := forURL(ctx, folder)
	return s, name, err
}

func forURL(ctx context.Context, u URL) (Store, error) {
	if u.Scheme == "file" {
		return Folder(u.Path), nil
	}
	whole := u
	whole.Path = ""
	open.Lock()
	defer open.Unlock()
	s, is := open.stores[whole.String()]
	if !is {
		connect, known := open.kinds[u.Scheme]
		if !known {
			return nil, fmt.Errorf("%s: this program was built without %s://", u.Public(), u.Scheme)
		}
		var err error
		if s, err = connect(ctx, whole); err != nil {
			return nil, err
		}
		for _, wrap := range open.wrap {
			s = wrap(s)
		}
		if open.stores == nil {
			open.stores = map[string]Store{}
		}
		open.stores[whole.String()] = s
	}
	return Below(s, u.Path), nil
}

// Close ends the connections of all stores that are open, and forgets how they were
// decorated. They are not used after that; For opens new ones.
func Close() error {
	open.Lock()
	defer open.Unlock()
	var all []error
	for _, s := range open.stores {
		if c, is := s.(io.Closer); is {
			all = append(all, c.Close())
		}
	}
	open.stores, open.wrap = nil, nil
	return errors.Join(all...)
}
