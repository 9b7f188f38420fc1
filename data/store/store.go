package store

import (
	"context"
	"io"
	"iter"
	"time"
)

// Store holds objects under keys: paths with slashes, below the URL the store is
// of. The empty key is the URL itself. It is safe for concurrent use. An error of
// an ended context is its cause.
type Store interface {
	// List yields what there is, in no promised order, as the pages of it arrive. An
	// error is the last thing it yields. A folder that does not exist has nothing in
	// it. Objects that are written or deleted meanwhile may be listed or not; and
	// some stores list late.
	List(ctx context.Context, o ListOptions) iter.Seq2[Object, error]

	// Open reads an object from its beginning to its end. A body that was cut off is
	// an error, never an early end.
	Open(ctx context.Context, key string) (io.ReadCloser, Object, error)

	// ReadAt fills p from an object's bytes at an offset. Where the object ends before
	// p is full it gives what there is and io.EOF, as an io.ReaderAt does. With a
	// version it is an object of that version, or the error is ErrChanged.
	ReadAt(ctx context.Context, key, version string, p []byte, offset int64) (int, error)

	// Create begins an object. It appears, in place of one that has the key, when the
	// Writer commits.
	Create(ctx context.Context, key string, o CreateOptions) (Writer, error)

	// Stat tells of one object.
	Stat(ctx context.Context, key string) (Object, error)

	// Delete removes an object. One that is not there is no error.
	Delete(ctx context.Context, key string) error

	// URL is the address of a key, for people: without secrets.
	URL(key string) string
}

// Object is what a store tells of an object.
type Object struct {
	Key      string
	Size     int64
	Version  string    // differs where the bytes do: an ETag, a generation; empty: the store tells none
	Modified time.Time // zero: the store does not tell
	Folder   bool      // no object, but a folder of them (ListOptions.Folder); Key ends in a slash
}

// ListOptions say what of a store is listed.
type ListOptions struct {
	Prefix string // keys begin with it; "a" is a prefix of "ab" and of "a/b"
	Folder bool   // what stands in folders behind the prefix is left out: the folders are named
}

// CreateOptions say how an object is made.
type CreateOptions struct {
	IfAbsent bool  // commit only where nothing has the key, else ErrExist
	Size     int64 // as far as known: larger objects get larger parts; 0: unknown
}

// Writer is an object that is being written. It is not safe for concurrent use.
// One of Commit and Abort ends it; after an error of Write or Commit nothing has
// appeared and nothing is left, as far as the store can be reached. Abort after
// Commit does nothing.
type Writer interface {
	io.Writer
	Commit() (Object, error)
	Abort() error
}
