package cluster

import (
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"
)

func (p Program) workCommand() *cli.Command {
	return &cli.Command{
		Name:  "work",
		Usage: "work on the units of flows that were submitted to a cluster",
		Description: "Takes units that hpaflow run FLOW --cluster has queued, of any flow, and publishes what it makes of them. The machine\n" +
			"sees the folders of the flows under the same paths. SIGTERM or Ctrl-C lets it finish the units it is at; the second\n" +
			"gives them back. Exit codes: 0 told to end, or idle for long enough; 1 the cluster cannot be reached.",
		Flags: slices.Concat(Flags(), []cli.Flag{
			&cli.IntFlag{Name: "slots", Value: 1, Usage: "units at once, `N`; a unit uses all processors by itself, so that more help where it waits for a server"},
			&cli.DurationFlag{Name: "idle", Usage: "end when there was nothing to do for this `TIME`, such as 60s (default: stay)"},
			&cli.StringFlag{Name: "workers", Value: "auto", Usage: `workers of every stage that leaves it open: "auto" or a number`},
			&cli.StringFlag{Name: "memory", Usage: "bytes in flight of a slot, at most, such as 2GiB (default: a quarter of the machine's, parted among the slots)"},
		}, p.CacheFlags()),
		Action: func(c *cli.Context) error {
			if c.NArg() != 0 {
				return fmt.Errorf("work takes no flow: which there are, the cluster says")
			}
			a, err := address(c)
			if err != nil {
				return err
			}
			s := &Slots{N: c.Int("slots"), Address: a, Idle: c.Duration("idle"), Workers: c.String("workers"), Memory: c.String("memory"), Cache: cacheArgs(c), Out: c.App.ErrWriter}
			if s.N < 1 || s.Idle < 0 {
				return fmt.Errorf("--slots is at least 1, and --idle no less than 0")
			}
			if err := s.Start(); err != nil {
				return failed(err)
			}
			caught, stop := signals()
			defer stop()
			told := false
			for {
				select {
				case <-caught:
					if told {
						s.Stop()
						continue
					}
					told = true
					say(c.App.ErrWriter, "ends when the units at hand are done; a second signal gives them back")
					s.Drain()
				case err := <-s.Ended():
					return failed(err)
				}
			}
		},
	}
}

func (p Program) slotCommand() *cli.Command {
	return &cli.Command{
		Name: slotName, Hidden: true,
		Usage: "a slot of work, which starts it",
		Flags: slices.Concat(Flags(), []cli.Flag{
			&cli.DurationFlag{Name: "idle"}, &cli.BoolFlag{Name: "quiet"},
			&cli.StringFlag{Name: "workers", Value: "auto"}, &cli.StringFlag{Name: "memory"},
		}, p.CacheFlags()),
		Action: func(c *cli.Context) error {
			a, err := address(c)
			if err != nil {
				return failed(err) // the code 2 is that of a process that has died
			}
			told, err := p.CacheStores(c)
			if err != nil {
				return failed(err)
			}
			defer told()
			s := &slot{
				Program: p, address: a, name: myName(), idle: c.Duration("idle"), quiet: c.Bool("quiet"),
				workers: c.String("workers"), memory: c.String("memory"), out: c.App.ErrWriter,
			}
			return failed(s.run(c.Context))
		},
	}
}

// cacheArgs are the flags of a cache, for the processes that work.
func cacheArgs(c *cli.Context) (args []string) {
	for _, name := range []string{"cache", "cache-size"} {
		if c.IsSet(name) {
			args = append(args, "--"+name, c.String(name))
		}
	}
	return args
}
