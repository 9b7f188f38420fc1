package store

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"hpaflow/data/atomicfile"
)

// folder is a folder of the file system.
type folder struct{ dir string }

// Folder is the store of what is in a folder of this machine, which is made when
// something is put there. Links lead where they lead, but a listing does not go
// into folders by them. Writing goes through data/atomicfile: a name that leads to a
// device is written to as it is.
func Folder(dir string) Store {
	if dir == "" {
		dir = "."
	}
	return folder{dir}
}

func (f folder) below(path string) Store {
	return folder{filepath.Join(f.dir, filepath.FromSlash(path))}
}

// path is where a key is. Keys that would lead out of the folder have none.
func (f folder) path(key string) (string, error) {
	if key == "" {
		return f.dir, nil
	}
	if err := CheckKey(key); err != nil {
		return "", &Error{URL: f.dir, Cause: err}
	}
	return filepath.Join(f.dir, filepath.FromSlash(key)), nil
}

func (f folder) URL(key string) string { return filepath.Join(f.dir, filepath.FromSlash(key)) }

func (f folder) Stat(ctx context.Context, key string) (Object, error) {
	path, err := f.path(key)
	if err != nil || ctx.Err() != nil {
		return Object{}, errors.Join(err, context.Cause(ctx))
	}
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		err = fs.ErrNotExist
	}
	if err != nil {
		return Object{}, fileError(path, err)
	}
	return fileObject(key, info), nil
}

func (f folder) open(ctx context.Context, key string) (*os.File, Object, error) {
	path, err := f.path(key)
	if err != nil || ctx.Err() != nil {
		return nil, Object{}, errors.Join(err, context.Cause(ctx))
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, Object{}, fileError(path, err)
	}
	info, err := file.Stat()
	if err == nil && info.IsDir() {
		err = fs.ErrNotExist
	}
	if err != nil {
		file.Close()
		return nil, Object{}, fileError(path, err)
	}
	return file, fileObject(key, info), nil
}

func (f folder) Open(ctx context.Context, key string) (io.ReadCloser, Object, error) {
	file, o, err := f.open(ctx, key)
	if err != nil {
		return nil, o, err
	}
	return &fileReader{ctx, file}, o, nil
}

// fileReader is a file that is read until the context ends.
type fileReader struct {
	ctx context.Context
	*os.File
}

func (r *fileReader) Read(p []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, context.Cause(r.ctx)
	}
	return r.File.Read(p)
}

func (f folder) ReadAt(ctx context.Context, key, version string, p []byte, offset int64) (int, error) {
	file, o, err := f.open(ctx, key)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	if version != "" && version != o.Version {
		return 0, &Error{URL: f.URL(key), Kind: ErrChanged}
	}
	n, err := file.ReadAt(p, offset)
	if err != nil && !errors.Is(err, io.EOF) {
		err = fileError(f.URL(key), err)
	}
	return n, err
}

func (f folder) Create(ctx context.Context, key string, o CreateOptions) (Writer, error) {
	path, err := f.path(key)
	if err != nil || ctx.Err() != nil {
		return nil, errors.Join(err, context.Cause(ctx))
	}
	if err := atomicfile.MakeFolder(filepath.Dir(path)); err != nil {
		return nil, fileError(path, err)
	}
	file, err := atomicfile.Create(atomicfile.OS, path)
	if err != nil {
		return nil, fileError(path, err)
	}
	return &fileWriter{ctx, file, f, key, o.IfAbsent}, nil
}

// fileWriter is a file that appears with Commit.
type fileWriter struct {
	ctx      context.Context
	file     *atomicfile.File
	in       folder
	key      string
	ifAbsent bool
}

func (w *fileWriter) Write(p []byte) (int, error) {
	if w.ctx.Err() != nil {
		return 0, context.Cause(w.ctx)
	}
	n, err := w.file.Write(p)
	if err != nil {
		err = fileError(w.in.URL(w.key), err)
	}
	return n, err
}

func (w *fileWriter) Commit() (Object, error) {
	if w.ctx.Err() != nil {
		return Object{}, errors.Join(context.Cause(w.ctx), w.file.Abort())
	}
	commit := w.file.Commit
	if w.ifAbsent {
		commit = w.file.CommitNew
	}
	if err := commit(); err != nil {
		return Object{}, fileError(w.in.URL(w.key), err)
	}
	return w.in.Stat(context.WithoutCancel(w.ctx), w.key)
}

func (w *fileWriter) Abort() error { return w.file.Abort() }

func (f folder) Delete(ctx context.Context, key string) error {
	path, err := f.path(key)
	if err != nil || ctx.Err() != nil {
		return errors.Join(err, context.Cause(ctx))
	}
	info, err := os.Lstat(path)
	if err == nil && !info.IsDir() {
		err = os.Remove(path)
	}
	if err = fileError(path, err); errors.Is(err, ErrNotExist) {
		return nil
	}
	return err
}

func fileObject(key string, info fs.FileInfo) Object {
	return Object{Key: key, Size: info.Size(), Version: fileVersion(info), Modified: info.ModTime()}
}

// fileError gives an error of the file system its kind.
func fileError(path string, err error) error {
	if err == nil {
		return nil
	}
	e := &Error{URL: path, Cause: err}
	var of *fs.PathError
	if errors.As(err, &of) {
		e.Cause = of.Err
	}
	for _, kind := range []error{ErrNotExist, ErrExist, ErrPermission} {
		if errors.Is(err, kind) {
			e.Kind, e.Cause = kind, nil
			return e
		}
	}
	if isNoFolder(err) { // a file stands where a folder of the key would be
		e.Kind, e.Cause = ErrNotExist, nil
	}
	return e
}

// isTemporaryName says that a file is one that is being written.
func isTemporaryName(name string) bool { return strings.HasSuffix(name, atomicfile.Suffix) }
