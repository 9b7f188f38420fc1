package images

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"hpaflow/data"
	"hpaflow/data/archive"
	"hpaflow/data/codec"
	"hpaflow/data/names"
	"hpaflow/data/place"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/sources/images/feed"
	"hpaflow/sources/remote"
)

// input is where channel images come from: a folder, or a stream of names or of
// an archive's members.
type input struct {
	path   string // "-" is standard input
	stdin  io.Reader
	names  *names.Matcher
	limits component.Limits
	each   each  // of several slices or times in a file
	picks  picks // of those that names tell of
	note   func(text string)
	node   *component.Node // of a folder that can be cut
	taken  *taken          // of a folder, when others take the rest
	folder *remote.Folder  // of a store; nil: it is something else
}

// fromStore is the source for a URL: of a file, which is read as a stream, or else
// of a folder.
func (in *input) fromStore(n *component.Node) (flow.Out[*data.Sample], error) {
	ctx := context.Background()
	file, err := place.Exists(ctx, in.path)
	if err != nil {
		return flow.Out[*data.Sample]{}, err
	}
	if file {
		return flow.Source(n.Graph, n.Stage(), in.run), nil
	}
	if in.each.any() {
		return flow.Out[*data.Sample]{}, fmt.Errorf("%s is a URL, and a sample of each slice or time is made of a folder of this machine", place.Shown(in.path))
	}
	if in.folder, err = remote.Open(ctx, in.path); err != nil {
		return flow.Out[*data.Sample]{}, err
	}
	in.cut(n)
	return remote.Fetch(flow.Source(n.Graph, n.Stage(), in.run), n.Name, func(ctx context.Context, _ *data.Sample, f data.File) (data.File, error) {
		var err error
		f.Data, err = in.folder.Get(ctx, f, in.limits)
		return f, err
	}), nil
}

func (in *input) run(ctx context.Context, out *flow.Emitter[*data.Sample]) error {
	if in.folder != nil {
		return in.fromFolder(ctx, out)
	}
	if info, err := os.Stat(in.path); err == nil && info.IsDir() && in.path != "-" {
		return in.fromFolder(ctx, out)
	}
	r, done, err := in.open(ctx)
	if err != nil {
		return err
	}
	defer done()
	name := place.Shown(in.path)
	if in.path == "-" {
		name = "standard input"
	}
	return in.fromReader(ctx, name, r, out)
}

// open opens what is read as a stream.
func (in *input) open(ctx context.Context) (r io.Reader, done func(), err error) {
	if in.path == "-" {
		return in.stdin, func() {}, nil
	}
	if place.Remote(in.path) {
		r, err := place.Open(ctx, in.path)
		if err != nil {
			return nil, nil, err
		}
		return r, func() { r.Close() }, nil // opened for reading: nothing can be lost
	}
	if _, err := os.Stat(in.path); err != nil {
		return nil, nil, err
	}
	// Without O_NONBLOCK, to open a pipe is to wait for its writer, and nothing
	// could end that.
	f, err := os.OpenFile(in.path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, err
	}
	return f, func() { f.Close() }, nil
}

// fromReader reads what a stream turns out to be.
func (in *input) fromReader(ctx context.Context, name string, r io.Reader, out *flow.Emitter[*data.Sample]) error {
	s := &stream{grouping: newGrouping(in.names, "", in.limits), known: newRemembered(in.names, in.limits), out: out}
	s.each, s.picks = in.each, in.picks
	err := in.read(ctx, s, r, out.Waiting)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err == nil {
		if err = s.tally.empty(name, in.limits); err == nil {
			return s.finish()
		}
		return err
	}
	if s.ended {
		return err
	}
	err = fmt.Errorf("%s: %w", name, err)
	if s.tally.recognised == 0 && s.tally.others == 0 {
		return &component.InputError{Err: err}
	}
	return err
}

// visitor is told of the files of a stream.
type visitor interface {
	name(name string) error
	member(m archive.Member) error
}

// read hands the files of an archive, or of a list of names, to a visitor.
func (in *input) read(ctx context.Context, s visitor, r io.Reader, waiting func() func()) error {
	if f := fileOf(r); f != nil {
		r = &feed.Patient{Ctx: ctx, Reader: r, File: f, Waiting: waiting, Note: in.note}
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			if head := make([]byte, 4); readsAt(f, head) && archive.IsZip(head) {
				return archive.Zip(ctx, f, info.Size(), s.member)
			}
		}
	}
	text, done, err := archive.Decompress(bufio.NewReaderSize(r, 1<<16))
	if err != nil {
		return err
	}
	defer done()
	head, err := text.Peek(512)
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return err
	case archive.IsTar(head):
		return archive.Tar(ctx, text, in.limits.MaxWaiting, s.member)
	case archive.IsZip(head):
		return archive.SpoolZip(ctx, text, s.member)
	case codec.Foreign(in.path, head) != "":
		return errors.New("is " + codec.Foreign(in.path, head))
	case codec.IsImage(head):
		return errors.New("is an image; give the folder it is in, or the names of files")
	}
	return feed.Names(ctx, text, s.name)
}

// fileOf is the file that is read from, itself or through what stands before
// it; nil where there is none.
func fileOf(r io.Reader) *os.File {
	switch r := r.(type) {
	case *os.File:
		return r
	case interface{ File() *os.File }:
		return r.File()
	}
	return nil
}

// readsAt reads the begin of a file without moving on in it.
func readsAt(f *os.File, b []byte) bool {
	_, err := f.ReadAt(b, 0)
	return err == nil
}
