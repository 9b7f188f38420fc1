package store

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"hpaflow/data/atomicfile"
)

var errEnough = errors.New("enough was listed")

// List goes through folders as the file system yields them.
func (f folder) List(ctx context.Context, o ListOptions) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		dir, name := o.Prefix[:strings.LastIndexByte(o.Prefix, '/')+1], o.Prefix[strings.LastIndexByte(o.Prefix, '/')+1:]
		at, err := f.path(strings.TrimSuffix(dir, "/"))
		if err == nil {
			l := fileLister{ctx, o.Folder, yield}
			err = l.folder(at, dir, name)
		}
		if err != nil && !errors.Is(err, errEnough) {
			yield(Object{}, err)
		}
	}
}

// fileLister lists a folder and those in it.
type fileLister struct {
	ctx   context.Context
	flat  bool
	yield func(Object, error) bool
}

// folder lists a folder whose keys begin with dir, as far as names begin with name.
func (l *fileLister) folder(path, dir, name string) error {
	err := atomicfile.EachEntry(path, func(e fs.DirEntry) error {
		if l.ctx.Err() != nil {
			return context.Cause(l.ctx)
		}
		if !strings.HasPrefix(e.Name(), name) || isTemporaryName(e.Name()) {
			return nil
		}
		return l.entry(filepath.Join(path, e.Name()), dir+e.Name(), e)
	})
	var listed *Error
	switch {
	case err == nil, errors.Is(err, errEnough), errors.As(err, &listed), l.ctx.Err() != nil:
		return err
	case errors.Is(err, fs.ErrNotExist), isNoFolder(err):
		return nil // nothing is there, or nothing is there any more
	}
	return fileError(path, err)
}

func (l *fileLister) entry(path, key string, e fs.DirEntry) error {
	info, err := e.Info()
	linked := err == nil && info.Mode()&fs.ModeSymlink != 0
	if linked {
		info, err = os.Stat(path)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil // it has gone, or leads nowhere
	case err != nil:
		return fileError(path, err)
	case info.IsDir() && l.flat:
		return l.tell(Object{Key: key + "/", Folder: true})
	case info.IsDir() && linked:
		return nil
	case info.IsDir():
		return l.folder(path, key+"/", "")
	}
	return l.tell(fileObject(key, info))
}

func (l *fileLister) tell(o Object) error {
	if !l.yield(o, nil) {
		return errEnough
	}
	return nil
}
