package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

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
