package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// flagsFirst moves a command's flags before its other arguments, since people
// write `hpaflow run FILE --set k=v` and the library stops at the first word
// that is no flag. What follows "--" stays where it is.
func flagsFirst(app *cli.App, args []string) []string {
	if len(args) < 2 {
		return args
	}
	commands, depth := app.Commands, 1
	var flags []cli.Flag
	for depth < len(args) {
		i := slices.IndexFunc(commands, func(c *cli.Command) bool { return c.HasName(args[depth]) })
		if i < 0 {
			break
		}
		flags, commands = commands[i].Flags, commands[i].Subcommands
		depth++
	}
	var front, rest []string
	for i := depth; i < len(args); i++ {
		switch arg := args[i]; {
		case arg == "--":
			rest = append(rest, args[i:]...)
			i = len(args)
		case len(arg) < 2 || arg[0] != '-':
			rest = append(rest, arg)
		default:
			front = append(front, arg)
			if takesValue(flags, arg) && i+1 < len(args) {
				i++
				front = append(front, args[i])
			}
		}
	}
	return slices.Concat(args[:depth], front, rest)
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
