package crops

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"hpaflow/data"
)

// Suffixes are what known tools put behind the name of the image that a mask is of,
// in the order in which they are named: Cellpose, HPA-Cell-Segmentation, StarDist
// and CellProfiler as people call their outputs. The last, nothing, is tried where
// no other mask is there.
var Suffixes = []string{"_cp_masks", "_cellmask", "_cell_mask", "_labels", "_label", "_masks", "_mask", "_cells", "_Cells", ""}

// extensions are those of label images.
var extensions = []string{".png", ".tif", ".tiff", ".ome.tif", ".ome.tiff", ".tif.gz", ".tiff.gz"}

// Folder is a folder of label images. It is safe for concurrent use.
type Folder struct {
	dir      string
	suffixes []string

	mu    sync.Mutex
	lists map[string]map[string][]string // names by what stands before their extension, by folder below
	first map[string][]string            // some names of each, for messages
}

// OpenFolder is for a folder whose masks are named ID and one of the suffixes, or ID,
// the channel that was segmented and one of them.
func OpenFolder(dir string, suffixes []string) *Folder {
	return &Folder{dir: dir, suffixes: suffixes, lists: map[string]map[string][]string{}, first: map[string][]string{}}
}

// MissingError is that of a field without a mask.
type MissingError struct{ text string }

func (e *MissingError) Error() string { return e.text }

// Find gives the file that has a field's mask. None is a MissingError; several are
// an error, too.
func (f *Folder) Find(key string) (data.File, error) {
	below, id := path.Split(key)
	names, first, err := f.list(below)
	if err != nil {
		return data.File{}, err
	}
	var found []string
	for _, suffix := range f.suffixes {
		if suffix == "" {
			continue
		}
		found = append(found, names[id+suffix]...)
		for _, colour := range data.Colours {
			found = append(found, names[id+"_"+colour+suffix]...)
		}
	}
	if len(found) == 0 && slices.Contains(f.suffixes, "") {
		found = names[id]
	}
	dir := filepath.Join(f.dir, below)
	switch len(found) {
	case 1:
		return data.File{Name: filepath.Join(dir, found[0]), Channel: "mask"}, nil
	case 0:
		return data.File{}, &MissingError{f.missing(dir, id, first)}
	}
	slices.Sort(found)
	return data.File{}, fmt.Errorf("both %s and %s in %s could be its mask; say which by mask_suffix", found[0], found[1], dir)
}

// missing says what was looked for, and what is there.
func (f *Folder) missing(dir, id string, first []string) string {
	text := fmt.Sprintf("no mask of it in %s: looked for", dir)
	for i, suffix := range f.suffixes[:min(3, len(f.suffixes))] {
		if i > 0 {
			text += ","
		}
		text += " " + id + suffix + extensions[0]
	}
	if len(f.suffixes) > 3 {
		text += " and so on"
	}
	text += " (or " + strings.Join(extensions[1:3], ", ") + ")"
	if _, err := os.Stat(filepath.Join(dir, id+"_seg.npy")); err == nil {
		return text + fmt.Sprintf("; %s_seg.npy is not read: let Cellpose write masks by --save_png or --save_tif", id)
	}
	if len(first) == 0 {
		return text + "; it holds no PNG or TIFF"
	}
	return text + "; it holds " + strings.Join(first, ", ") + "; mask_suffix says what stands between the Id and the extension"
}

// list gives the images of a folder below.
func (f *Folder) list(below string) (names map[string][]string, first []string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.lists[below] != nil {
		return f.lists[below], f.first[below], nil
	}
	entries, err := os.ReadDir(filepath.Join(f.dir, below))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err
	}
	names = map[string][]string{}
	for _, e := range entries {
		stem, ok := stemOf(e.Name())
		if !ok || e.IsDir() {
			continue
		}
		names[stem] = append(names[stem], e.Name())
		if len(first) < 3 {
			first = append(first, e.Name())
		}
	}
	f.lists[below], f.first[below] = names, first
	return names, first, nil
}

// stemOf is an image's name without its extension.
func stemOf(name string) (stem string, ok bool) {
	lower := strings.ToLower(name)
	for _, ext := range slices.Backward(extensions) {
		if strings.HasSuffix(lower, ext) && !strings.HasPrefix(name, ".") {
			return name[:len(name)-len(ext)], true
		}
	}
	return "", false
}
