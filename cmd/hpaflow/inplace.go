package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"hpaflow/data/atomicfile"
)

// overwrite puts new content into a file that stays the file it is: with its
// mode, owner, and all links to it. While it is written, what was in it is kept
// beside it, and put back if writing fails.
func overwrite(path string, was, now []byte) error {
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	info, err := os.Stat(target)
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s: is no regular file", path)
	case info.Mode().Perm()&0o222 == 0: // which does not keep root out
		return fmt.Errorf("%s: is read-only", path)
	}
	f, err := os.OpenFile(target, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	kept, err := keep(target, was)
	if err != nil {
		return errors.Join(err, f.Close())
	}
	err = replaceContent(f, now)
	if err != nil {
		if back := replaceContent(f, was); back != nil {
			return fmt.Errorf("%w; what was in %s is in %s", errors.Join(err, back, f.Close()), path, kept)
		}
	}
	return errors.Join(err, f.Close(), os.Remove(kept))
}

// keep writes a copy beside a file, which only its reader can read.
func keep(path string, content []byte) (string, error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*"+atomicfile.Suffix)
	if err != nil {
		return "", err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

func replaceContent(f *os.File, content []byte) error {
	if _, err := f.WriteAt(content, 0); err != nil {
		return err
	}
	return errors.Join(f.Truncate(int64(len(content))), f.Sync())
}
