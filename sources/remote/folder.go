package remote

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/cespare/xxhash/v2"

	"hpaflow/data"
	"hpaflow/data/provenance"
	"hpaflow/data/store"
	"hpaflow/flow"
	"hpaflow/flow/component"
)

// Folder is a folder of a store.
type Folder struct {
	store  store.Store
	prefix string // of all names in it
}

// Open opens the folder at a URL. Whether there is one shows when it is listed.
func Open(ctx context.Context, url string) (*Folder, error) {
	s, err := store.For(ctx, url)
	if err != nil {
		return nil, err
	}
	return &Folder{s, strings.TrimSuffix(s.URL("x"), "x")}, nil
}

// Prefix begins the names of all files in the folder.
func (f *Folder) Prefix() string { return f.prefix }

// List yields the files of the folder, in no order, by their names in there; with
// deep those of the folders in it as well, and else these folders.
func (f *Folder) List(ctx context.Context, deep bool) iter.Seq2[store.Object, error] {
	return f.store.List(ctx, store.ListOptions{Folder: !deep})
}

// Stat tells of one file, by its name in the folder.
func (f *Folder) Stat(ctx context.Context, name string) (store.Object, error) {
	return f.store.Stat(ctx, name)
}

// Mark is a number that differs where an object's bytes do, as far as the store
// tells; never 0.
func Mark(o store.Object) uint64 {
	text := binary.LittleEndian.AppendUint64([]byte(o.Version), uint64(o.Size))
	if o.Version == "" {
		text = binary.LittleEndian.AppendUint64(text, uint64(o.Modified.UnixNano()))
	}
	return max(1, xxhash.Sum64(text))
}

// File is a file of the folder as a sample has it.
func (f *Folder) File(o store.Object, channel string) data.File {
	return data.File{Name: f.prefix + o.Key, Channel: channel, Size: o.Size, Mark: Mark(o)}
}

// Get reads a file of the folder, of no more bytes than a limit.
func (f *Folder) Get(ctx context.Context, file data.File, limits component.Limits) ([]byte, error) {
	if err := small(file.Name, file.Size, limits); err != nil {
		return nil, err
	}
	r, o, err := f.store.Open(ctx, strings.TrimPrefix(file.Name, f.prefix))
	if err != nil {
		return nil, err
	}
	defer r.Close() // opened for reading: nothing can be lost
	if err := small(file.Name, o.Size, limits); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.Grow(int(max(o.Size, 0)) + bytes.MinRead)
	n, err := b.ReadFrom(io.LimitReader(r, limits.MaxMember+1))
	if err == nil {
		err = small(file.Name, n, limits)
	}
	return b.Bytes(), err
}

// ReadAt reads the beginning of a file of the folder.
func (f *Folder) ReadAt(ctx context.Context, file data.File, p []byte) (int, error) {
	return f.store.ReadAt(ctx, strings.TrimPrefix(file.Name, f.prefix), "", p, 0)
}

// small refuses a file that is larger than is read.
func small(name string, size int64, limits component.Limits) error {
	if size <= limits.MaxMember {
		return nil
	}
	return fmt.Errorf("%s holds %s, more than is read of a file; %s", name, component.FormatSize(size),
		component.Raise("max_member", fmt.Sprintf(`"%dMiB"`, size>>20+1)))
}

// Origin is what a sample of files in the folder is made from.
func (f *Folder) Origin(files []data.File, limits component.Limits) flow.Origin {
	return origin{f, files, limits}
}

type origin struct {
	folder *Folder
	files  []data.File
	limits component.Limits
}

// Shortcut is of the objects' sizes and versions.
func (o origin) Shortcut() uint64 { return provenance.Files(o.files).Shortcut() }

// Digest reads the files.
func (o origin) Digest() (uint64, error) {
	files := make([]data.File, len(o.files))
	for i, file := range o.files {
		content, err := o.folder.Get(context.Background(), file, o.limits)
		if err != nil {
			return 0, err
		}
		files[i] = data.File{Name: file.Name, Channel: file.Channel, Data: content}
	}
	return provenance.Files(files).Digest()
}
