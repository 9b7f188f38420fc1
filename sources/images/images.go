package images

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"

	"hpaflow/data"
	"hpaflow/data/provenance"
	"hpaflow/data/shards"
	"hpaflow/flow"
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
}

// imageFolders are several; a sample is taken from the first that has it.
type imageFolders []imageFolder

// openImages opens folders, each of shards or of RGBY images.
func openImages(dirs []string) (imageFolders, error) {
	if len(dirs) == 0 {
		return nil, errors.New("images: no folder is given")
	}
	var folders imageFolders
	for _, dir := range dirs {
		f, err := openFolder(dir)
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
		dirs[i] = f.dir
	}
	return strings.Join(dirs, ", nor in ")
}

// has says whether the folder has a sample's image. The folders inside a folder
// of images are looked into where a key names them.
func (f imageFolder) has(id string) bool {
	if f.packed != nil || !strings.Contains(id, "/") {
		return f.ids[id]
	}
	_, err := os.Stat(rgbyFile(f.dir, id)[0].Name)
	return err == nil
}

// openFolder finds out whether a folder holds shards or RGBY images.
func openFolder(dir string) (imageFolder, error) {
	f := imageFolder{dir: dir, ids: map[string]bool{}}
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

func (f *imageFolder) openShards() error {
	r, err := shards.Open(f.dir, shards.Planes)
	if err != nil {
		return err
	}
	f.packed = r
	checksums := map[string]uint64{}
	for _, e := range r.Entries() {
		f.ids[e.Key], checksums[e.Key] = true, e.Checksum
	}
	f.find = func(id string) ([]data.File, error) {
		file, err := r.File(id)
		return []data.File{file}, err
	}
	f.origin = func(id string) flow.Origin { return r.Origin(id) }
	f.mark = func(id string) ([]byte, error) { return binary.BigEndian.AppendUint64(nil, checksums[id]), nil }
	return nil
}
