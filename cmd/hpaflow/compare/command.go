package compare

import (
	"errors"
	"io"

	"github.com/urfave/cli/v2"

	"hpaflow/cmd/hpaflow/reports"
)

// Command is `hpaflow compare`. Failed makes an error one of a run that failed, where
// others are of wrong arguments.
func Command(failed func(error) error) *cli.Command {
	return &cli.Command{
		Name:      "compare",
		Usage:     "compare training runs: scores, times, and the settings that differ",
		ArgsUsage: "RUN...",
		Description: "RUN is the folder that a training flow wrote (its out). F1 is macro F1 over all labels, of the validation data where there\n" +
			"are any. Exit codes: 0 done; 1 a run cannot be read; 2 a folder is no run.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "html", TakesFile: true, Usage: "write a page with curves to this `FILE` too; it needs no other file"},
		},
		Action: func(c *cli.Context) error {
			if c.NArg() == 0 {
				return errors.New("compare takes the folders of training runs")
			}
			page := reports.Files{c.String("html")}
			if page[0] == "" {
				page = nil
			}
			if err := page.CheckPage("--html"); err != nil {
				return err
			}
			var runs []*run
			for _, dir := range c.Args().Slice() {
				r, err := read(dir)
				if _, not := errors.AsType[*notRunError](err); not {
					return err
				} else if err != nil {
					return failed(err)
				}
				runs = append(runs, r)
			}
			named(runs)
			if err := table(c.App.Writer, runs); err != nil || page == nil {
				return err
			}
			if err := reports.WriteFile(page[0], c.App.ErrWriter, func(w io.Writer) error { return writePage(w, runs) }); err != nil {
				return failed(err)
			}
			return nil
		},
	}
}
