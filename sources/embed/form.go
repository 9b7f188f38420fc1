package embed

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"hpaflow/data/codec"
	"hpaflow/data/names"
	"hpaflow/data/place"
	"hpaflow/data/shards"
	"hpaflow/flow/component"
	"hpaflow/sources/images/omezarr"
)

// formOf is the source that reads what is at a path. A folder whose first image
// has another number of planes than are named is refused. A pattern is of files of a
// plane each.
func formOf(path, pattern string, planes []string, limits component.Limits) (source string, err error) {
	ctx := context.Background()
	if is, err := omezarr.Found(ctx, path); is || err != nil {
		return "channels", err
	}
	if place.Remote(path) {
		return formInStore(ctx, path, pattern, planes, limits)
	}
	info, err := os.Stat(path)
	switch {
	case path == "-" || err == nil && !info.IsDir():
		return "channels", nil
	case err != nil:
		return "", err
	case shards.Exists(path):
		return "shards", checkFrame(path, len(planes))
	case pattern != "":
		return "channels", nil
	}
	file, err := firstImage(path, limits)
	if err != nil {
		return "", err
	}
	return formBy(ctx, file, planes)
}

// formInStore is formOf for a URL. Of a folder the image is looked at that is listed
// first.
func formInStore(ctx context.Context, url, pattern string, planes []string, limits component.Limits) (source string, err error) {
	if file, err := place.Exists(ctx, url); file || err != nil {
		return "channels", err
	}
	if index, err := place.Exists(ctx, place.Join(url, shards.IndexName)); err != nil {
		return "", err
	} else if index {
		return "shards", checkFrame(url, len(planes))
	}
	if pattern != "" {
		return "channels", nil
	}
	for file, err := range place.Each(ctx, url) {
		if err != nil {
			return "", err
		}
		folder, base := path.Split(file.Name)
		hidden := strings.HasPrefix(folder, ".") || strings.Contains(folder, "/.")
		if names.OfImage(base) && !hidden && (folder == "" || limits.Keys == component.KeysPath) {
			return formBy(ctx, place.Join(url, file.Name), planes)
		}
	}
	return formBy(ctx, "", planes)
}

// formBy tells the source by an image; empty: there is none.
func formBy(ctx context.Context, file string, planes []string) (source string, err error) {
	named, err := names.Planes(planes)
	if err != nil {
		return "", err
	}
	stem := strings.TrimSuffix(place.Base(file), names.Extension(file))
	if file == "" || slices.ContainsFunc(named, func(p names.Plane) bool { return strings.HasSuffix(stem, "_"+p.Value) }) {
		return "channels", nil
	}
	return "rgby", checkPlanes(ctx, file, len(planes))
}

// firstImage is the first image of a folder by name, in folders below it where
// keys have paths; empty: there is none.
func firstImage(dir string, limits component.Limits) (found string, err error) {
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir():
			if path != dir && (e.Name()[0] == '.' || limits.Keys != component.KeysPath) {
				return fs.SkipDir
			}
			return nil
		}
		if names.OfImage(e.Name()) {
			found = path
			return fs.SkipAll
		}
		return nil
	})
	return found, err
}

// checkPlanes looks at an image's header. One that cannot be read is left to the
// run, which knows what to do with bad records.
func checkPlanes(ctx context.Context, file string, want int) error {
	f, err := place.Open(ctx, file)
	if err != nil {
		return nil
	}
	defer f.Close()
	head, err := io.ReadAll(io.LimitReader(f, 1<<16))
	if err != nil {
		return nil
	}
	claim, err := codec.ReadClaim(file, head)
	if err != nil || claim.Channels == want {
		return nil
	}
	return fmt.Errorf("%s has %d planes, and planes names %d; say in planes what they are", place.Shown(file), claim.Channels, want)
}

func checkFrame(dir string, want int) error {
	r, err := shards.Open(dir, shards.Planes)
	if err != nil {
		return err
	}
	defer r.Close()
	entries := r.Entries()
	if len(entries) == 0 {
		return nil
	}
	f, err := r.File(entries[0].Key)
	if err != nil {
		return nil
	}
	s, err := shards.DecodeSample(f.Data)
	if err != nil || len(s.Image.Planes) == want {
		return nil
	}
	return fmt.Errorf("%s in %s has %d planes, and planes names %d; say in planes what they are", entries[0].Key, place.Shown(dir), len(s.Image.Planes), want)
}
