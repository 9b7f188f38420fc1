package main

import (
	"errors"

	"github.com/urfave/cli/v2"

	"hpaflow/cmd/hpaflow/cards"
	"hpaflow/models/devices"
)

func gpuCommand() *cli.Command {
	asJSON := &cli.BoolFlag{Name: "json", Usage: "print JSON"}
	return &cli.Command{
		Name:  "gpu",
		Usage: "look at the NVIDIA GPUs of this machine, and whether they compute right",
		Subcommands: []*cli.Command{
			{
				Name:  "list",
				Usage: "the cards, the driver, cuDNN and NCCL, and where they were found",
				Description: "What is missing is named, with where it was looked for and what brings it. Exit codes: 0 there is a card\n" +
					"to compute on; 1 there is none, or what it needs is missing; 2 this program was built without GPUs.",
				Flags:  []cli.Flag{asJSON},
				Action: func(c *cli.Context) error { return onCards(cards.List(c.App.Writer, c.Bool("json"))) },
			},
			{
				Name:  "check",
				Usage: "compare what the cards compute with the processor",
				Description: "Does every operation of the networks on each card, in each precision it has, and compares it with plain\n" +
					"float64 arithmetic: the error, whether the same bits come twice, the time. Exit codes: 0 all is right; 1 not.",
				Flags: []cli.Flag{
					&cli.BoolFlag{Name: "quick", Usage: "on small images"},
					asJSON,
				},
				Action: func(c *cli.Context) error {
					return onCards(cards.Check(c.Context, c.App.Writer, c.Bool("quick"), c.Bool("json")))
				},
			},
		},
	}
}

// onCards is how a command ends that looked at cards.
func onCards(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, devices.ErrNotBuilt):
		return &exitError{exitUsage, err}
	}
	return &exitError{exitFailed, err}
}
