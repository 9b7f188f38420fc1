package images

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"hpaflow/data"
	"hpaflow/data/shards"
)

// imageFinder says where a sample's pixels are.
type imageFinder func(id string) ([]data.File, error)

// openImages makes a finder of folders, each of shards or of RGBY images. With
// one folder of images, a missing one is for the decoder to find out; with
// several, a sample that none of them has is an error.
func openImages(dirs []string) (imageFinder, error) {
	if len(dirs) == 0 {
		return nil, errors.New("images: no folder is given")
	}
	var folders []imageFolder
	for _, dir := range dirs {
		f, err := openFolder(dir, len(dirs) > 1)
		if err != nil {
			return nil, err
		}
		folders = append(folders, f)
	}
	if len(folders) == 1 {
		return folders[0].find, nil
	}
	return func(id string) ([]data.File, error) {
		for _, f := range folders {
			if f.has(id) {
				return f.find(id)
			}
		}
		return nil, fmt.Errorf("its image is in none of %s", strings.Join(dirs, ", "))
	}, nil
}

type imageFolder struct {
	find imageFinder
	ids  map[string]bool // that are there, when it was asked for
	dir  string          // of images, whose folders are looked into when they are named
}

func (f imageFolder) has(id string) bool {
	if f.dir == "" || !strings.Contains(id, "/") {
		return f.ids[id]
	}
	_, err := os.Stat(rgbyFile(f.dir, id)[0].Name)
	return err == nil
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
		return f, nil
	}
	f.dir = dir
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
