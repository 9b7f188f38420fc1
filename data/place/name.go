package place

import (
	"path"
	"path/filepath"
	"strings"

	"hpaflow/data/store"
)

// Remote says that a name is a URL of something that is not on this machine's file
// system.
func Remote(name string) bool {
	return store.IsURL(name) && !isFile(name)
}

func isFile(name string) bool {
	scheme, _, _ := strings.Cut(name, "://")
	return strings.EqualFold(scheme, "file")
}

// Path is a name with that of a file on this machine as its path: file:///x is /x.
// Others are as they are.
func Path(name string) string {
	if !store.IsURL(name) || !isFile(name) {
		return name
	}
	u, err := store.Parse(name)
	if err != nil {
		return name // whoever opens it says what is wrong
	}
	return u.Path
}

// Join is a path below a folder. Options of a URL stay at its end.
func Join(folder string, parts ...string) string {
	if !Remote(folder) {
		return filepath.Join(append([]string{folder}, parts...)...)
	}
	name, err := store.Join(folder, filepath.ToSlash(path.Join(parts...)))
	if err != nil {
		return folder + "/" + path.Join(parts...) // whoever opens it says what is wrong
	}
	return name
}

// Split is a file's folder and its name in there.
func Split(name string) (folder, base string) {
	if !Remote(name) {
		name = filepath.Clean(name)
		return filepath.Dir(name), filepath.Base(name)
	}
	u, err := store.Parse(name)
	if err != nil {
		return name, ""
	}
	dir, base := u.Split()
	return dir.String(), base
}

// Base is the last part of a name: of URL options nothing.
func Base(name string) string {
	_, base := Split(name)
	return base
}

// Shown is a name for people, without secrets.
func Shown(name string) string {
	if !Remote(name) {
		return name
	}
	u, err := store.Parse(name)
	if err != nil {
		return name
	}
	return u.Public()
}
