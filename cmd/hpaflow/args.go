package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"hpaflow/flow/lang"
)

// arranged puts a command line into the order that the library wants: the
// command, its flags, and behind "--" all other words. People write
// `hpaflow run FILE --set k=v`, and ask for help anywhere. A flag that there is
// not, or that lacks its value, is an error. What follows "--" is no flag.
func arranged(app *cli.App, args []string) ([]string, error) {
	command, depth := commandOf(app, args)
	if command == nil {
		return args, checkFirst(app, args)
	}
	var front, rest []string
	words := args[depth:]
	for len(words) > 0 {
		word := words[0]
		words = words[1:]
		if word == "--" {
			rest = append(rest, words...)
			break
		}
		if len(word) < 2 || word[0] != '-' {
			rest = append(rest, word)
			continue
		}
		if slices.Contains([]string{"-h", "-help", "--help"}, word) {
			return append(slices.Clone(args[:depth]), "--help"), nil
		}
		front = append(front, word)
		name, value, hasValue := strings.Cut(strings.TrimLeft(word, "-"), "=")
		switch names := flagNames(command.Flags); {
		case !slices.Contains(names, name):
			return nil, unknownFlag(word, names)
		case hasValue && value != "" || !hasValue && !takesValue(command.Flags, word):
		case hasValue || len(words) == 0 || words[0] == "" || words[0] == "--" || isFlag(command.Flags, words[0]):
			return nil, fmt.Errorf("%s lacks its value", strings.TrimSuffix(word, "="))
		default:
			front = append(front, words[0])
			words = words[1:]
		}
	}
	if len(rest) > 0 {
		rest = append([]string{"--"}, rest...)
	}
	return slices.Concat(args[:depth], front, rest), nil
}

// checkFirst refuses a flag that the program itself does not have.
func checkFirst(app *cli.App, args []string) error {
	if len(args) < 2 || len(args[1]) < 2 || args[1][0] != '-' || args[1] == "--" {
		return nil
	}
	names := append(flagNames(app.Flags), "help", "h", "version", "v")
	if name, _, _ := strings.Cut(strings.TrimLeft(args[1], "-"), "="); !slices.Contains(names, name) {
		return unknownFlag(args[1], names)
	}
	return nil
}

// commandOf is the command that the first words name, and how many these are;
// nil for the program itself.
func commandOf(app *cli.App, args []string) (command *cli.Command, depth int) {
	commands, depth := app.Commands, 1
	for depth < len(args) {
		i := slices.IndexFunc(commands, func(c *cli.Command) bool { return c.HasName(args[depth]) })
		if i < 0 {
			break
		}
		command, commands = commands[i], commands[i].Subcommands
		depth++
	}
	return command, depth
}

// commandLine is how the command that was meant is called: hpaflow run.
func commandLine(app *cli.App, args []string) string {
	_, depth := commandOf(app, args)
	return strings.Join(append([]string{app.Name}, args[1:depth]...), " ")
}

// takesValue says whether the word after a flag is its value.
func takesValue(flags []cli.Flag, arg string) bool {
	name := strings.TrimLeft(arg, "-")
	for _, f := range flags {
		if _, isBool := f.(*cli.BoolFlag); slices.Contains(f.Names(), name) {
			return !isBool
		}
	}
	return false // unknown, or written as --name=value
}

// isFlag says whether a word is one of the flags, or asks for help, and so no
// value that was forgotten before it.
func isFlag(flags []cli.Flag, word string) bool {
	name, _, _ := strings.Cut(strings.TrimLeft(word, "-"), "=")
	return strings.HasPrefix(word, "-") && len(word) > 1 && slices.Contains(append(flagNames(flags), "h", "help"), name)
}

func flagNames(flags []cli.Flag) []string {
	var names []string
	for _, f := range flags {
		names = append(names, f.Names()...)
	}
	return names
}

func unknownFlag(word string, names []string) error {
	for i, name := range names {
		names[i] = strings.Repeat("-", min(len(name), 2)) + name
	}
	given, _, _ := strings.Cut(word, "=")
	hint := lang.DidYouMean("--"+strings.TrimLeft(given, "-"), append(names, "--help"), "flags")
	return fmt.Errorf("unknown flag %s; %s", given, hint)
}

// prepare makes the library report errors of use and nothing else, and leaves
// the word "help" to the arguments of commands that have no commands below.
func prepare(commands []*cli.Command) {
	for _, c := range commands {
		c.OnUsageError = func(_ *cli.Context, err error, _ bool) error { return err }
		c.HideHelpCommand = len(c.Subcommands) == 0
		prepare(c.Subcommands)
	}
}
