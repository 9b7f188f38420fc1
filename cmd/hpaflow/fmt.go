package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/urfave/cli/v2"

	"hpaflow/cmd/hpaflow/terminal"
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
