package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"hpaflow/configs"
	"hpaflow/data/atomicfile"
	"hpaflow/flow/component"
	"hpaflow/flow/lang"
)

func configsCommand(reg *component.Registry) *cli.Command {
	return &cli.Command{
		Name:      "configs",
		Usage:     "list the flows that come with the program, or print one",
		ArgsUsage: "[NAME]",
		Description: "hpaflow run NAME.flow runs them anywhere, where no file of that name is found.\n" +
			"To change one: hpaflow configs train.flow > mine.flow",
		Action: func(c *cli.Context) error {
			switch c.NArg() {
			case 0:
				return listFlows(c.App.Writer, reg.Flows)
			case 1:
				return printFlow(c.App.Writer, reg.Flows, c.Args().First())
			}
			return fmt.Errorf("configs takes one name at most, not %d", c.NArg())
		},
	}
}

// listFlows says of each flow what it does, in the first sentence of its comment.
func listFlows(w io.Writer, flows fs.FS) error {
	names, err := fs.Glob(flows, "*.flow")
	if err != nil {
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, name := range names {
		text, err := fs.ReadFile(flows, name)
		if err != nil {
			return err
		}
		fmt.Fprintf(t, "%s\t%s\n", name, firstSentence(text))
	}
	return t.Flush()
}

// firstSentence is that of the comment a flow begins with, on one line.
func firstSentence(text []byte) string {
	var words []string
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		line, isComment := strings.CutPrefix(lines.Text(), "#")
		if line = strings.TrimSpace(line); !isComment || line == "" {
			break
		}
		words = append(words, line)
	}
	sentence, _, _ := strings.Cut(strings.Join(words, " "), ". ")
	sentence, _, _ = strings.Cut(sentence, ": ")
	return strings.TrimSuffix(sentence, ".")
}

func printFlow(w io.Writer, flows fs.FS, name string) error {
	name = strings.TrimSuffix(strings.TrimPrefix(name, lang.BuiltIn), ".flow") + ".flow"
	text, err := fs.ReadFile(flows, name)
	if err != nil {
		names, _ := fs.Glob(flows, "*.flow") // the pattern is right
		return fmt.Errorf("no flow %q comes with the program; %s", name, lang.DidYouMean(name, names, "there are"))
	}
	_, err = w.Write(text)
	return err
}

// writtenFlows is the file that tells what writeConfigs wrote: the digest of
// each flow. A flow with another digest has been changed by a person.
const writtenFlows = ".written.json"

// writeConfigs puts the program's flows into a folder, where people can read
// and change them, and gives the names of those that it left as a person has
// changed them.
func writeConfigs(dir string) (changed []string, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	written, err := readWritten(dir)
	if err != nil {
		return nil, err
	}
	entries, err := fs.ReadDir(configs.Files, ".")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		ours, err := fs.ReadFile(configs.Files, e.Name())
		if err != nil {
			return nil, err
		}
		path := filepath.Join(dir, e.Name())
		there, err := os.ReadFile(path)
		switch {
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return nil, err
		case err == nil && digestOf(there) != digestOf(ours) && digestOf(there) != written[e.Name()]:
			changed = append(changed, e.Name())
			continue
		}
		written[e.Name()] = digestOf(ours)
		if err := putFile(path, ours); err != nil {
			return nil, err
		}
	}
	text, err := json.MarshalIndent(written, "", "  ")
	if err != nil {
		return nil, err
	}
	return changed, putFile(filepath.Join(dir, writtenFlows), append(text, '\n'))
}

func readWritten(dir string) (map[string]string, error) {
	path := filepath.Join(dir, writtenFlows)
	written := map[string]string{}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return written, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &written)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return written, nil
}

func digestOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

func putFile(path string, text []byte) error {
	return atomicfile.Write(path, func(w io.Writer) error { _, err := w.Write(text); return err })
}
