package library

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Wanted is a library to be found.
type Wanted struct {
	File     string   // libcudnn.so.9
	Variable string   // points to the file or its folder, and ends the search
	Folders  []string // of site-packages/nvidia, as patterns: "cudnn/lib"
	Beside   []string // other folders to look in, before site-packages
	Install  string   // what a user is told to do
}

// Load tries one place after the other until open, which loads the file, says
// that it did, and returns the path it was given. The error names all places.
func (w Wanted) Load(open func(path string) error) (path string, err error) {
	if v := os.Getenv(w.Variable); w.Variable != "" && v != "" {
		path := v
		if info, err := os.Stat(v); err == nil && info.IsDir() {
			path = filepath.Join(v, w.File)
		}
		if err := open(path); err != nil {
			return "", fmt.Errorf("%s is %s: %w", w.Variable, v, err)
		}
		return path, nil
	}
	failed := open(w.File)
	if failed == nil {
		return w.File, nil
	}
	folders := w.folders()
	for _, folder := range folders {
		path := filepath.Join(folder, w.File)
		if _, err := os.Stat(path); err != nil {
			continue
		}
		if err := open(path); err == nil {
			return path, nil
		} else {
			failed = err
		}
	}
	places := "on the loader's path, and there is no python with NVIDIA's packages"
	if len(folders) > 0 {
		places = "on the loader's path and in " + strings.Join(folders, ", ")
	}
	hint := w.Install
	if w.Variable != "" {
		hint += fmt.Sprintf(", or point %s to the file or its folder", w.Variable)
	}
	return "", fmt.Errorf("%s was looked for %s: %s (%w)", w.File, places, hint, failed)
}

// folders are all that could hold the library and are there.
func (w Wanted) folders() []string {
	folders := slices.Clone(w.Beside)
	for _, site := range sites() {
		for _, folder := range w.Folders {
			found, _ := filepath.Glob(filepath.Join(site, "nvidia", folder))
			folders = append(folders, found...)
		}
	}
	var there []string
	for _, folder := range folders {
		if info, err := os.Stat(folder); err == nil && info.IsDir() && !slices.Contains(there, folder) {
			there = append(there, folder)
		}
	}
	return there
}

// sites are the site-packages of the environment in force, of the pythons on
// PATH in its order, and of the user. No python is run for it.
func sites() []string {
	prefixes := []string{os.Getenv("VIRTUAL_ENV"), os.Getenv("CONDA_PREFIX")}
	for _, folder := range filepath.SplitList(os.Getenv("PATH")) {
		for _, name := range []string{"python3", "python"} {
			python := filepath.Join(folder, name)
			if _, err := os.Stat(python); err != nil {
				continue
			}
			prefixes = append(prefixes, filepath.Dir(folder))
			if real, err := filepath.EvalSymlinks(python); err == nil {
				prefixes = append(prefixes, filepath.Dir(filepath.Dir(real)))
			}
		}
	}
	prefixes = append(prefixes, "/usr/local")
	if home, err := os.UserHomeDir(); err == nil {
		prefixes = append(prefixes, filepath.Join(home, ".local"))
	}
	var sites []string
	for _, prefix := range prefixes {
		if prefix == "" {
			continue
		}
		for _, pattern := range []string{"lib*/python3*/site-packages", "lib/python3*/dist-packages"} {
			found, _ := filepath.Glob(filepath.Join(prefix, pattern))
			for _, site := range found {
				if !slices.Contains(sites, site) {
					sites = append(sites, site)
				}
			}
		}
	}
	return sites
}

// Package is the name of one of pip's packages for the version of CUDA that a
// driver is of, as cuDriverGetVersion tells it: nvidia-cudnn-cu13 of nvidia-cudnn.
func Package(name string, driver int) string {
	if driver > 0 && driver < 13000 {
		return name + "-cu12"
	}
	return name + "-cu13"
}

// Install is what to do about a package that is missing.
func Install(name string, driver int) string {
	s := "`pip install " + Package(name, driver) + "`"
	if driver == 0 {
		s += " (-cu12 where the driver is older than 580.65)"
	}
	return s
}
