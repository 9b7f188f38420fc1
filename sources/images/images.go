package images

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"hpaflow/data"
	"hpaflow/data/provenance"
	"hpaflow/data/shards"
	"hpaflow/flow"
)

// imageFinder says where a sample's pixels are.
type imageFinder func(id string) ([]data.File, error)

// originFinder tells the same without reading them.
type originFinder func(id string) flow.Origin

// openImages makes a finder of folders, each of shards or of RGBY images. With
// one folder of images, a missing one is for the decoder to find out; with
// several, a sample that none of them has is an error.
func openImages(dirs []string) (imageFinder, originFinder, error) {
	if len(dirs) == 0 {
		return nil, nil, errors.New("images: no folder is given")
	}
	var folders []imageFolder
	for _, dir := range dirs {
		f, err := openFolder(dir, len(dirs) > 1)
		if err != nil {
			return nil, nil, err
		}
		folders = append(folders, f)
	}
	if len(folders) == 1 {
		return folders[0].find, folders[0].origin, nil
	}
	find := func(id string) ([]data.File, error) {
		for _, f := range folders {
			if f.ids[id] {
				return f.find(id)
			}
		}
		return nil, fmt.Errorf("its image is in none of %s", strings.Join(dirs, ", "))
	}
	origin := func(id string) flow.Origin {
		for _, f := range folders {
			if f.ids[id] {
				return f.origin(id)
			}
		}
		return provenance.Known(0)
	}
	return find, origin, nil
}

type imageFolder struct {
	find   imageFinder
	origin originFinder
	ids    map[string]bool // that are there, when it was asked for
}

// openFolder finds out whether a folder holds shards or RGBY images.
func openFolder(dir string, list bool) (imageFolder, error) {
	f := imageFolder{ids: map[string]bool{}}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return f, fmt.Errorf("images: folder %q does not exist", dir)
	}
	if shards.Exists(dir) {
		r, err := shards.Open(dir, shards.Planes)
		if err != nil {
			return f, err
		}
		for _, e := range r.Entries() {
			f.ids[e.Key] = true
		}
		f.find = func(id string) ([]data.File, error) {
			file, err := r.File(id)
			return []data.File{file}, err
		}
		f.origin = func(id string) flow.Origin { return r.Origin(id) }
		return f, nil
	}
	f.origin = func(id string) flow.Origin { return provenance.Files(rgbyFile(dir, id)) }
	f.find = func(id string) ([]data.File, error) { return rgbyFile(dir, id), nil }
	if !list {
		return f, nil
	}
	names, err := ReadNames(dir)
	for _, name := range names {
		if id, ok := strings.CutSuffix(name, rgbyExt); ok {
			f.ids[id] = true
		}
	}
	return f, err
}
