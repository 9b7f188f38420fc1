package names

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	known "hpaflow/data/names"
	"hpaflow/sources/images"
)

// Command is `hpaflow names`.
func Command() *cli.Command {
	return &cli.Command{
		Name:      "names",
		Usage:     "show what a pattern makes of the names in a folder, or propose one",
		ArgsUsage: "DIR",
		Description: "DIR may be what an input may be: a folder, one in a store, a tar or zip file, a list of names, or -.\n" +
			"A pattern is a ready one (" + strings.Join(ready(), ", ") + ") or text with parts, as {plate}/{id}_{channel}.\n" +
			"Nothing is read but names. Exit codes: 0 there are samples; 1 there are none; 2 the arguments are wrong.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "pattern", Usage: "how files are called; empty: one is proposed"},
			&cli.StringFlag{Name: "channels", Usage: "the planes in their order, separated by commas: NAME or NAME=VALUE; empty: all there are"},
			&cli.BoolFlag{Name: "json", Usage: "print JSON"},
			&cli.BoolFlag{Name: "ready", Usage: "list the ready patterns"},
		},
		Action: func(c *cli.Context) error {
			if c.Bool("ready") {
				return list(c.App.Writer)
			}
			if c.NArg() != 1 {
				return fmt.Errorf("names takes one folder, not %d", c.NArg())
			}
			o := images.SurveyOptions{Path: c.Args().First(), Stdin: c.App.Reader, Pattern: c.String("pattern")}
			if text := c.String("channels"); text != "" {
				o.Channels = strings.Split(text, ",")
			}
			s, err := images.Look(c.Context, o)
			if err != nil {
				return err
			}
			if c.Bool("json") {
				e := json.NewEncoder(c.App.Writer)
				e.SetIndent("", "  ")
				e.SetEscapeHTML(false)
				err = e.Encode(s)
			} else {
				err = show(c.App.Writer, s)
			}
			if err == nil && s.Samples == 0 {
				err = &NoneError{s.Input}
			}
			return err
		},
	}
}

// NoneError says that an input has no samples.
type NoneError struct{ Input string }

func (e *NoneError) Error() string { return e.Input + ": no name makes a sample" }

func ready() (list []string) {
	for _, r := range known.ReadyPatterns() {
		list = append(list, r.Name)
	}
	return list
}

// list shows the ready patterns.
func list(w io.Writer) error {
	var faults []error
	for _, r := range known.ReadyPatterns() {
		_, err := fmt.Fprintf(w, "%s\n  %s\n  %s\n  as %s\n", r.Name, r.Doc, r.Pattern, r.Example)
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

// show writes tables for people.
func show(w io.Writer, s *images.Survey) error {
	var b strings.Builder
	given := "by the pattern " + s.Pattern
	if s.Ready != "" {
		given = "by the ready pattern " + s.Ready
	}
	if s.Proposed && s.Taken > 0 {
		given += ", which fits best"
	}
	name := s.Input
	if name == "-" {
		name = "standard input"
	}
	fmt.Fprintf(&b, "%s: %s, %d of them %s\n", name, counted(s.Files, "file"), s.Taken, given)
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "\n  plane\tin names\tfiles\tsamples without\n")
	for _, p := range s.Planes {
		fmt.Fprintf(table, "  %s\t%s\t%d\t%d%s\n", p.Name, p.Value, p.Files, p.Missing, few("  ", p.Lack, p.Missing))
	}
	fmt.Fprintf(table, "\n  part\tvalues\t\n")
	for _, p := range s.Parts {
		shown := strings.Join(p.First, ", ")
		if p.Values > len(p.First)+1 {
			shown += ", ..."
		}
		if !slices.Contains(p.First, p.Last) {
			shown += ", " + p.Last
		}
		fmt.Fprintf(table, "  %s\t%d\t%s\n", p.Name, p.Values, shown)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(&b, "\n%s, %d with all planes%s\n", counted(s.Samples, "sample"), s.Whole, few(": ", s.Keys, s.Samples))
	for _, p := range s.Passed {
		fmt.Fprintf(&b, "passed over: %d %s%s\n", p.Files, p.Why, few(": ", p.First, p.Files))
	}
	for _, p := range s.Parts {
		if (p.Name == known.Z || p.Name == known.T) && p.Values > 1 {
			fmt.Fprintf(&b, "several values of {%s}: choose by --set %s=%s\n", p.Name, p.Name, map[string]string{known.Z: "max, mean, a number or all", known.T: "a number or all"}[p.Name])
		}
	}
	if s.Samples > 0 {
		fmt.Fprintf(&b, "\n  hpaflow run rgby-shards.flow --set input=%s%s\n", quoted(s.Input), settings(s))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// few are the first of some, behind what leads to them.
func few(lead string, first []string, of int) string {
	if len(first) == 0 {
		return ""
	}
	text := lead + strings.Join(first, ", ")
	if of > len(first) {
		text += ", ..."
	}
	return text
}

// settings are what a flow is to be told.
func settings(s *images.Survey) string {
	var b strings.Builder
	pattern := s.Pattern
	if s.Ready != "" {
		pattern = s.Ready
	}
	if s.Pattern != known.Default {
		b.WriteString(" --set pattern=" + quoted(pattern))
	}
	var channels []string
	for _, p := range s.Planes {
		if p.Name == p.Value {
			channels = append(channels, p.Name)
		} else {
			channels = append(channels, p.Name+"="+p.Value)
		}
	}
	if text := strings.Join(channels, ","); text != "red,green,blue,yellow" {
		b.WriteString(" --set channels=" + quoted(text))
	}
	if s.Paths {
		b.WriteString(" --set keys=path")
	}
	return b.String()
}

// quoted is a word as a shell takes it.
func quoted(word string) string {
	if strings.IndexFunc(word, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-./=,:@%+", r))
	}) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
