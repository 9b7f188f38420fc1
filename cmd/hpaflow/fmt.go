package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"hpaflow/cmd/hpaflow/terminal"
	"hpaflow/data/atomicfile"
	"hpaflow/flow/lang"
)

func fmtCommand() *cli.Command {
	return &cli.Command{
		Name:      "fmt",
		Usage:     "lay flows out in the canonical way, on standard output",
		ArgsUsage: "FILE.flow...|-",
		Flags:     []cli.Flag{&cli.BoolFlag{Name: "w", Usage: "write the files in place, and name those that change"}},
		Action: func(c *cli.Context) error {
			streams := 0
			for _, path := range c.Args().Slice() {
				if path == "-" {
					streams++
				}
			}
			switch {
			case c.NArg() == 0:
				return errors.New("fmt takes one .flow file or more")
			case streams > 1:
				return errors.New("- is standard input, which can be read once")
			case streams == 1 && c.Bool("w"):
				return errors.New("-w writes into files, and - is standard input")
			}
			return formatFiles(c)
		},
	}
}

// formatFiles formats what it can; a file with faults stays as it is.
func formatFiles(c *cli.Context) error {
	faulty := false
	for _, path := range c.Args().Slice() {
		src, err := readFlow(c, path)
		if err != nil {
			return &exitError{exitUsage, fmt.Errorf("fmt: %w", err)}
		}
		out, err := lang.Format(path, src)
		if faults, ok := errors.AsType[lang.Diagnostics](err); ok {
			faulty = true
			if err := faults.Render(c.App.ErrWriter, terminal.Colours(c.App.ErrWriter)); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return fmt.Errorf("fmt: %w", err)
		}
		if err := putFormatted(c, path, src, out); err != nil {
			return fmt.Errorf("fmt: %w", err)
		}
	}
	if faulty {
		return &exitError{code: exitUsage}
	}
	return nil
}

// readFlow reads a file, or standard input for "-".
func readFlow(c *cli.Context, path string) ([]byte, error) {
	if path != "-" {
		return os.ReadFile(path)
	}
	return io.ReadAll(c.App.Reader)
}

func putFormatted(c *cli.Context, path string, src, out []byte) error {
	if !c.Bool("w") {
		_, err := c.App.Writer.Write(out)
		return err
	}
	if bytes.Equal(src, out) {
		return nil
	}
	if err := overwrite(path, src, out); err != nil {
		return &exitError{exitFailed, fmt.Errorf("fmt: %w", err)}
	}
	fmt.Fprintln(c.App.Writer, lang.Safe(path))
	return nil
}

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
	if err = errors.Join(err, atomicfile.Sync(f), f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

func replaceContent(f *os.File, content []byte) error {
	if _, err := f.WriteAt(content, 0); err != nil {
		return err
	}
	return errors.Join(f.Truncate(int64(len(content))), atomicfile.Sync(f))
}
