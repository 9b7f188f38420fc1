package main

import (
	"errors"
	"io"

	"github.com/urfave/cli/v2"
)

func manCommand() *cli.Command {
	return &cli.Command{
		Name:        "man",
		Usage:       "print the manual page of all commands",
		Description: "hpaflow man | man -l -",
		Action: func(c *cli.Context) error {
			if c.NArg() != 0 {
				return errors.New("man takes no argument")
			}
			tellUsage(c.App.Name, c.App.Commands)
			page, err := c.App.ToManWithSection(1)
			if err != nil {
				return err
			}
			_, err = io.WriteString(c.App.Writer, page)
			return err
		},
	}
}

// tellUsage writes out how each command is called, which the library puts into
// a manual only where it is told.
func tellUsage(parent string, commands []*cli.Command) {
	for _, c := range commands {
		name := parent + " " + c.Name
		if c.UsageText == "" && len(c.Subcommands) == 0 {
			c.UsageText = name + " [options] " + c.ArgsUsage
		}
		tellUsage(name, c.Subcommands)
	}
}
