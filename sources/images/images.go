package images

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"hpaflow/data"
	"hpaflow/data/place"
	"hpaflow/data/provenance"
	"hpaflow/data/shards"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/sources/images/omezarr"
	"hpaflow/sources/remote"
)

// imageFolder is a folder of RGBY images or of shards. What it holds is listed
// once, when it is opened.
type imageFolder struct {
	dir    string
	packed *shards.Reader // nil: in files of their own
	ids    map[string]bool
	find   func(id string) ([]data.File, error)
	mark   func(id string) ([]byte, error) // tells the image's content from any other
	origin func(id string) flow.Origin     // tells it too, without reading where nothing has changed

	tell func(note func(string)) // at the end of a run, what was found; nil: nothing

	get func(ctx context.Context, id string, f data.File) (data.File, error) // of a store or an OME-Zarr: reads what find says; nil: find has read it, or the decoder does
}

// imageFolders are several; a sample is taken from the first that has it.
type imageFolders []imageFolder

// openImages opens folders, each of shards, of RGBY images of so many planes (0: any), or
// an OME-Zarr.
func openImages(dirs []string, planes int, limits component.Limits) (imageFolders, error) {
	if len(dirs) == 0 {
		return nil, errors.New("images: no folder is given")
	}
	var folders imageFolders
	for _, dir := range dirs {
		f, err := openFolder(dir, planes, limits)
		if err != nil {
			return nil, err
		}
		folders = append(folders, f)
	}
	return folders, nil
}

// of is the folder that has a sample's image.
func (all imageFolders) of(id string) (imageFolder, error) {
	for _, f := range all {
		if f.has(id) {
			return f, nil
		}
	}
	return imageFolder{}, fmt.Errorf("its image is not in %s", all)
}

// find says where a sample's pixels are.
func (all imageFolders) find(id string) ([]data.File, error) {
	f, err := all.of(id)
	if err != nil {
		return nil, err
	}
	return f.find(id)
}

// read is find for who wants the bytes of a sample's files in a store as well.
func (all imageFolders) read(id string) ([]data.File, error) {
	files, err := all.find(id)
	for i := range files {
		if err == nil && files[i].Data == nil {
			files[i], err = all.get(context.Background(), &data.Sample{ID: id}, files[i])
		}
	}
	return files, err
}

// get reads a file of a sample that is in a store.
func (all imageFolders) get(ctx context.Context, s *data.Sample, file data.File) (data.File, error) {
	f, err := all.of(s.ID)
	if err != nil || f.get == nil {
		return file, err
	}
	return f.get(ctx, s.ID, file)
}

// tell says at the end of a run what was found.
func (all imageFolders) tell(note func(string)) {
	for _, f := range all {
		if f.tell != nil {
			f.tell(note)
		}
	}
}

// remote says that files of one are got by a stage of their own.
func (all imageFolders) remote() bool {
	return slices.ContainsFunc(all, func(f imageFolder) bool { return f.get != nil })
}

// origin tells what a sample's image is; nothing of one that is not there.
func (all imageFolders) origin(id string) flow.Origin {
	f, err := all.of(id)
	if err != nil {
		return provenance.Known(0)
	}
	return f.origin(id)
}

// lacking are those of some Ids that no folder has an image of.
func (all imageFolders) lacking(ids []string) (list []string) {
	for _, id := range ids {
		if _, err := all.of(id); err != nil {
			list = append(list, id)
		}
	}
	return list
}

// String names the folders in a message.
func (all imageFolders) String() string {
	dirs := make([]string, len(all))
	for i, f := range all {
		dirs[i] = place.Shown(f.dir)
	}
	return strings.Join(dirs, ", nor in ")
}

// has says whether the folder has a sample's image. The folders inside a folder
// of images are looked into where a key names them.
func (f imageFolder) has(id string) bool {
	if f.packed != nil || f.ids[id] || !strings.Contains(id, "/") {
		return f.ids[id]
	}
	there, err := place.Exists(context.Background(), place.Join(f.dir, id+rgbyExt))
	return err == nil && there
}

// openFolder finds out whether a folder holds shards, RGBY images or OME-Zarr.
func openFolder(dir string, planes int, limits component.Limits) (imageFolder, error) {
	f := imageFolder{dir: dir, ids: map[string]bool{}}
	if is, err := f.openZarr(planes, limits); is || err != nil {
		return f, err
	}
	if place.Remote(dir) {
		return f, f.openRemote(limits)
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return f, fmt.Errorf("images: folder %q does not exist", dir)
	}
	if shards.Exists(dir) {
		return f, f.openShards()
	}
	names, err := everyName(dir)
	for _, name := range names {
		if id, ok := strings.CutSuffix(name, rgbyExt); ok {
			f.ids[id] = true
		}
	}
	f.find = func(id string) ([]data.File, error) { return rgbyFile(dir, id), nil }
	f.origin = func(id string) flow.Origin { return provenance.Files(rgbyFile(dir, id)) }
	f.mark = func(id string) ([]byte, error) { return markPNG(rgbyFile(dir, id)[0].Name) }
	return f, err
}

// openZarr opens an OME-Zarr, if the folder is one or holds some. Its channels are those
// of the names of colours.
func (f *imageFolder) openZarr(planes int, limits component.Limits) (bool, error) {
	ctx := context.Background()
	if is, err := omezarr.Found(ctx, f.dir); err != nil || !is {
		return false, err
	}
	if planes == 0 {
		planes = len(data.Colours)
	}
	if planes > len(data.Colours) {
		return true, fmt.Errorf("images: %s is an OME-Zarr, of which four channels at most are read here, by their names %s; rgby-shards.flow makes shards of more",
			place.Shown(f.dir), strings.Join(data.Colours[:], ", "))
	}
	in, err := omezarr.Open(ctx, omezarr.Options{Path: f.dir, Channels: data.Colours[:planes], Level: "0", Limits: limits})
	if err != nil {
		return true, err
	}
	c, err := in.Catalog(ctx)
	if err != nil {
		return true, err
	}
	for key := range c.Keys {
		f.ids[key] = true
	}
	f.find, f.origin = c.Files, c.Origin
	f.mark = func(id string) ([]byte, error) {
		sum, err := c.Origin(id).Digest()
		return binary.BigEndian.AppendUint64(nil, sum), err
	}
	f.get, f.tell = c.Get, in.Tell
	return true, nil
}

// openRemote is openFolder for one of a store.
func (f *imageFolder) openRemote(limits component.Limits) error {
	ctx := context.Background()
	folder, err := remote.Open(ctx, f.dir)
	if err != nil {
		return err
	}
	if packed, err := place.Exists(ctx, place.Join(f.dir, shards.IndexName)); err != nil || packed {
		if err != nil {
			return err
		}
		return f.openShards()
	}
	objects := map[string]rgbyObject{}
	for o, err := range folder.List(ctx, false) {
		if err != nil {
			return err
		}
		if shards.IsName(o.Key) {
			return f.openShards() // which says what it lacks
		}
		if id, ok := strings.CutSuffix(o.Key, rgbyExt); ok && !o.Folder {
			f.ids[id], objects[id] = true, rgbyObject{o.Size, remote.Mark(o)}
		}
	}
	in := &rgbyInput{store: folder, limits: limits, objects: objects}
	f.find = func(id string) ([]data.File, error) { return in.file(id), nil }
	f.origin = in.origin
	f.mark = func(id string) ([]byte, error) { return binary.BigEndian.AppendUint64(nil, objects[id].mark), nil }
	f.get = func(ctx context.Context, _ string, file data.File) (data.File, error) {
		var err error
		file.Data, err = folder.Get(ctx, file, limits)
		return file, err
	}
	return nil
}

func (f *imageFolder) openShards() error {
	r, err := shards.Open(f.dir, shards.Planes)
	if err != nil {
		return err
	}
	f.packed = r
	if r.Remote() {
		f.get = func(ctx context.Context, id string, _ data.File) (data.File, error) { return r.FileContext(ctx, id) }
	}
	checksums := map[string]uint64{}
	for _, e := range r.Entries() {
		f.ids[e.Key], checksums[e.Key] = true, e.Checksum
	}
	f.find = func(id string) ([]data.File, error) {
		file, err := r.Find(id)
		return []data.File{file}, err
	}
	f.origin = func(id string) flow.Origin { return r.Origin(id) }
	f.mark = func(id string) ([]byte, error) { return binary.BigEndian.AppendUint64(nil, checksums[id]), nil }
	return nil
}
