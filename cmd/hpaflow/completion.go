package main

import (
	"embed"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"hpaflow/flow/lang"
)

// completionScripts teach shells to ask hpaflow complete. The library makes
// fish's itself, but for variables. What it offers for bash and zsh is not
// taken: it evaluates what was typed, and stops at the first word that is no
// flag; and after "--" it runs the command.
//
//go:embed completion
var completionScripts embed.FS

var shells = []string{"bash", "zsh", "fish"}

func completionCommand() *cli.Command {
	return &cli.Command{
		Name:      "completion",
		Usage:     "print a script that completes commands, flags and variables in a shell",
		ArgsUsage: strings.Join(shells, "|"),
		Description: "bash: source <(hpaflow completion bash)\n" +
			"zsh:  source <(hpaflow completion zsh)\n" +
			"fish: hpaflow completion fish | source",
		Action: func(c *cli.Context) error {
			shell := c.Args().First()
			if c.NArg() != 1 || !slices.Contains(shells, shell) {
				return fmt.Errorf("completion takes one of %s", strings.Join(shells, ", "))
			}
			return printCompletion(c.App, shell)
		},
	}
}

func printCompletion(app *cli.App, shell string) error {
	script, err := completionScripts.ReadFile("completion/" + shell)
	if err != nil {
		return err
	}
	generated := ""
	if shell == "fish" {
		if generated, err = app.ToFishCompletion(); err != nil {
			return err
		}
	}
	_, err = io.WriteString(app.Writer, generated+string(script))
	return err
}

// completeCommand is what the scripts ask, with the words that follow hpaflow
// up to the one being typed, which may be empty. It prints candidates for that
// one, a line each; none where a file may stand or where something is wrong,
// and the shell offers files.
func completeCommand() *cli.Command {
	return &cli.Command{
		Name:      "complete",
		Hidden:    true,
		ArgsUsage: "-- WORD...",
		Action: func(c *cli.Context) error {
			for _, candidate := range candidates(c.App, c.Args().Slice()) {
				fmt.Fprintln(c.App.Writer, candidate)
			}
			return nil
		},
	}
}

// candidates are what the last of the words may be.
func candidates(app *cli.App, words []string) []string {
	if len(words) == 0 || slices.Contains(words, "--") {
		return nil
	}
	before, typed := words[:len(words)-1], words[len(words)-1]
	commands, flags, rest := app.VisibleCommands(), app.VisibleFlags(), before
	for len(rest) > 0 {
		i := slices.IndexFunc(commands, func(c *cli.Command) bool { return c.HasName(rest[0]) })
		if i < 0 {
			break
		}
		commands, flags, rest = commands[i].Subcommands, commands[i].VisibleFlags(), rest[1:]
	}
	var all []string
	switch {
	case len(rest) > 0 && takesValue(flags, rest[len(rest)-1]):
		if rest[len(rest)-1] == "--set" {
			all = settings(rest)
		}
	case strings.HasPrefix(typed, "-"):
		all = flagWords(flags)
	case len(rest) == 0:
		for _, c := range commands {
			all = append(all, c.Name)
		}
	}
	return slices.DeleteFunc(all, func(s string) bool { return !strings.HasPrefix(s, typed) })
}

func flagWords(flags []cli.Flag) []string {
	var words []string
	for _, f := range flags {
		for _, name := range f.Names() {
			words = append(words, strings.Repeat("-", min(len(name), 2))+name)
		}
	}
	return words
}

// settings are the variables, each with its "=", of the first flow among words.
func settings(words []string) []string {
	i := slices.IndexFunc(words, func(w string) bool { return filepath.Ext(w) == ".flow" })
	if i < 0 {
		return nil
	}
	file, faults := lang.Read(words[i])
	if faults != nil {
		return nil
	}
	names := file.VariableNames()
	for i := range names {
		names[i] += "="
	}
	return names
}
