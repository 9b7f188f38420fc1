package remote

import (
	"context"
	"errors"
	"io"

	"hpaflow/data/store"
)

// Service is a bucket, or a server, as one kind of store has it. Each method is one
// request, and its error a *store.Error, or that of the context. Keys are whole paths.
type Service interface {
	// ListPage gives what follows a page. The first page follows the empty token, and
	// the empty one follows the last.
	ListPage(ctx context.Context, o store.ListOptions, token string) (Page, error)

	// Get opens bytes of an object, from an offset, so many of them or, below zero,
	// all to its end. With a version it is an object of that version or
	// store.ErrChanged, as far as the server can tell: what it gives is checked once
	// more. An offset at or past the end is ErrRange.
	Get(ctx context.Context, key, version string, offset, length int64) (Body, error)

	// Head tells of an object, and who wrote it.
	Head(ctx context.Context, key string) (o store.Object, writer string, err error)

	// Put makes an object of bytes, by a writer's name, which is kept with it.
	Put(ctx context.Context, key string, body []byte, m Making) (store.Object, error)

	// Begin begins an object that comes in parts.
	Begin(ctx context.Context, key string, m Making) (Upload, error)

	Delete(ctx context.Context, key string) error

	URL(key string) string
	Parts() Parts
	Close() error
}

// Upload is an object that comes in parts, which count from 0.
type Upload interface {
	// Part sends one. It may be sent again, and unless Parts.InOrder at the same time
	// as others.
	Part(ctx context.Context, number int, offset int64, body []byte) error

	// Complete makes the object appear. It sends the last part too where the parts go
	// in order (Parts.InOrder); else that is empty.
	Complete(ctx context.Context, offset int64, last []byte) (store.Object, error)

	Abort(ctx context.Context) error
}

// Making says how an object is made.
type Making struct {
	IfAbsent bool
	Writer   string // letters and digits
}

// Page is a piece of a listing.
type Page struct {
	Objects []store.Object
	Next    string
}

// Body is the answer to Get.
type Body struct {
	io.ReadCloser
	Object store.Object // Size is that of the whole object; below zero: the server does not tell
	Offset int64        // of the first byte: where it is not the one asked for, the server knows no ranges
	ToEnd  bool         // it goes to the object's end, though less was asked for
}

// Parts says how large parts may be. None: the store can only be read.
type Parts struct {
	Size    int64 // of each but the last; larger for objects known to be so
	Largest int64
	Most    int  // parts of one object
	InOrder bool // one after the other, and the last one with Complete
}

// ErrUploadGone says that an upload is none any more: it was completed or aborted.
var ErrUploadGone = errors.New("there is no such upload")

// ErrRange says that an object ends before the offset.
var ErrRange = errors.New("the object ends before that")
