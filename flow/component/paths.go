package component

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"hpaflow/data/place"
)

// Content is a sort of file that a folder is for.
type Content string

// The sorts that a source finds by listing a folder.
const (
	Pictures Content = "pictures"
	Shards   Content = "shards"
)

// reads and writes say what a field's paths are for.
func (f Field) reads() bool {
	switch f.Type {
	case InputFile, InputDir, InputAny, InputFiles, InputDirs:
		return true
	}
	return false
}

func (f Field) writes() bool {
	return f.Type == OutputFile || f.Type == OutputDir || f.Type == OutputPath
}

// IsFolder says that the field's paths are of folders.
func (f Field) IsFolder() bool {
	return f.Type == InputDir || f.Type == InputDirs || f.Type == OutputDir
}

// Reads are the files and folders that a valid value names for reading;
// "-" and "" are none.
func (f Field) Reads(v any) []string { return f.paths(f.reads(), v) }

// Writes are the files and folders that a valid value names for writing.
func (f Field) Writes(v any) []string { return f.paths(f.writes(), v) }

func (f Field) paths(wanted bool, v any) []string {
	if !wanted {
		return nil
	}
	list, ok := v.([]string)
	if !ok {
		list = []string{v.(string)}
	}
	var paths []string
	for _, path := range list {
		if path != "" && !(f.Stdio && path == "-") && !slices.Contains(f.Known, path) {
			paths = append(paths, path)
		}
	}
	return paths
}

// Stream is which of the standard streams a valid value asks for: "input",
// "output", or "" for none.
func (f Field) Stream(v any) string {
	if f.Stdio && v == "-" {
		if f.reads() {
			return "input"
		}
		return "output"
	}
	for _, path := range append(f.Reads(v), f.Writes(v)...) {
		if stream := StreamOf(path); stream != "" {
			return stream
		}
	}
	return ""
}

// StreamOf is which of the standard streams a path is a name of: "input",
// "output", or "" for none.
func StreamOf(path string) string {
	switch filepath.Clean(path) {
	case "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0":
		return "input"
	case "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1":
		return "output"
	}
	return ""
}

// Exists checks what a valid value names on disk: input files and folders
// must be there and be of that sort. Other fields always pass.
func (f Field) Exists(v any) error {
	if f.reads() && f.nameless(v) {
		return errors.New("is empty, and should name what is read")
	}
	for _, path := range f.Reads(v) {
		if err := f.exists(path); err != nil {
			return err
		}
	}
	if f.There != nil {
		return f.There(v)
	}
	return nil
}

// nameless says that a field that has no default has no name for its value: to
// the system an empty one would be the working folder.
func (f Field) nameless(v any) bool { return f.Required() && v == "" }

func (f Field) exists(path string) error {
	if place.Remote(path) {
		return f.existsRemote(path)
	}
	folder := f.Type == InputDir || f.Type == InputDirs
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		sort := "file"
		if folder || f.Type == InputAny && filepath.Ext(path) == "" { // as folders are called
			sort = "folder"
		}
		return fmt.Errorf("%s %q does not exist", sort, path)
	case err != nil:
		return ofPath(path, err)
	case f.Type == InputAny:
	case folder && !info.IsDir():
		return fmt.Errorf("%q is a file, not a folder", path)
	case !folder && info.IsDir():
		return fmt.Errorf("%q is a folder, not a file", path)
	}
	return nil
}

// Writable checks that what a valid value names for writing can be made, or
// written to where it is there, without touching it. Other fields always pass.
func (f Field) Writable(v any) error {
	if f.writes() && f.nameless(v) {
		return errors.New("is empty, and should name what is written")
	}
	for _, path := range f.Writes(v) {
		folder := f.Type == OutputDir
		if info, err := os.Stat(path); f.Type == OutputPath && err == nil {
			folder = info.IsDir()
		}
		if err := Writable(path, folder); err != nil {
			return err
		}
	}
	return nil
}

// Writable checks that a file or folder can be made at a path, or written to
// where it is there, without touching it.
func Writable(path string, folder bool) error {
	if place.Remote(path) {
		return writableRemote(path)
	}
	info, err := os.Stat(path)
	switch {
	case !folder && strings.HasSuffix(path, "/"):
		return fmt.Errorf("%q is the name of a folder, not of a file", path)
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, errNotDir):
		return creatable(path, folder)
	case err != nil:
		return ofPath(path, err)
	case folder && !info.IsDir():
		return fmt.Errorf("%q is a file, not a folder", path)
	case !folder && info.IsDir():
		return fmt.Errorf("%q is a folder, not a file", path)
	case !folder && info.Mode().IsRegular() && !onPseudoFS(path):
		// It is replaced by a new file in its folder.
		if path, err = filepath.EvalSymlinks(path); err != nil {
			return ofPath(path, err)
		}
		path, folder = filepath.Dir(path), true
	}
	may := mayWrite
	if folder {
		may = mayMakeIn
	}
	if err := may(path); err != nil {
		return fmt.Errorf("%q cannot be written to: %w", path, err)
	}
	return nil
}

// mayMakeIn says why this process cannot make files in a folder.
func mayMakeIn(folder string) error {
	if err := mayWrite(folder); err != nil {
		return err
	}
	return takesFiles(folder)
}

// HasOneWriter says whether what is at a path, or would be made there, has one
// writer: a file or a folder. Many can write to a device or a pipe.
func HasOneWriter(path string) bool {
	info, err := os.Stat(path)
	return err != nil || info.Mode().IsRegular() || info.IsDir()
}

// onPseudoFS says that a path stands for what a process has open, such as
// /dev/stdout, beside which no file can be made.
func onPseudoFS(path string) bool {
	abs, err := filepath.Abs(path)
	return err == nil && (strings.HasPrefix(abs, "/dev/") || strings.HasPrefix(abs, "/proc/"))
}

// creatable checks what is above a path where nothing is.
func creatable(path string, folder bool) error {
	if target, err := os.Readlink(path); err == nil {
		if folder {
			return fmt.Errorf("%q is a link to %q, which does not exist", path, target)
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(path), target)
		}
		path = target
	}
	above := filepath.Dir(filepath.Clean(path))
	for {
		info, err := os.Stat(above)
		switch {
		case errors.Is(err, fs.ErrNotExist) && above != filepath.Dir(above):
			if target, err := os.Readlink(above); err == nil {
				return fmt.Errorf("%q cannot be made: %q is a link to %q, which does not exist", path, above, target)
			}
			above = filepath.Dir(above)
			continue
		case errors.Is(err, errNotDir):
			above = filepath.Dir(above)
			continue
		case err != nil:
			return ofPath(above, err)
		case !info.IsDir():
			return fmt.Errorf("%q cannot be made: %q is a file, not a folder", path, above)
		}
		if err := mayMakeIn(above); err != nil {
			return fmt.Errorf("%q cannot be made: %q: %w", path, above, err)
		}
		return nil
	}
}

// CheckTilde refuses a path that begins with a home folder as shells write it:
// a shell has not expanded it, and nothing else will.
func CheckTilde(path string) error {
	first, _, below := strings.Cut(path, "/")
	if !strings.HasPrefix(path, "~") || !below && path != "~" {
		return nil
	}
	return fmt.Errorf("%q begins with %s, which only a shell expands, at the start of a word; write out the folder, or \"./%s\" for one of that name",
		path, first, path)
}

// checkDash refuses "-" where it would be the name of a file, and not what
// people mean by it.
func (f Field) checkDash(path string) error {
	if path != "-" || f.Stdio || !f.reads() && !f.writes() {
		return nil
	}
	stream := "stdin"
	if f.writes() {
		stream = "stdout"
	}
	return fmt.Errorf(`"-" has no meaning here; write /dev/%s, or "./-" for a file of that name`, stream)
}

// ofPath is an error of the file system with the path it is about, quoted.
func ofPath(path string, err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		err = at.Err
	}
	return fmt.Errorf("%q: %w", path, err)
}
