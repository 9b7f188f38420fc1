package cluster

import (
	"errors"
	"strings"

	"github.com/urfave/cli/v2"

	"hpaflow/flow/cluster"
)

func serveCommand() *cli.Command {
	return &cli.Command{
		Name:      "serve",
		Usage:     "run a broker",
		ArgsUsage: " ",
		Description: "An embedded nats-server with JetStream. Its folder holds what is queued, and for @DIR its address (endpoint), its token\n" +
			"(token, made at the first start) and its certificate. A NATS cluster of your own serves as well. Exit codes: 0 told to end;\n" +
			"1 it cannot listen, or its folder is taken.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "dir", TakesFile: true, Usage: "the `FOLDER` of the broker, on a local disk unless workers are to find it by @DIR"},
			&cli.StringFlag{Name: "listen", Value: cluster.DefaultListen, Usage: "`ADDRESS:PORT`; 0.0.0.0:4222 for the network; port 0: any that is free, the same again after a restart"},
			&cli.StringFlag{Name: "join", Usage: "brokers that make one cluster, `A,B,C`, three or five with this one, each the ADDRESS:PORT of its --routes"},
			&cli.StringFlag{Name: "routes", Usage: "`ADDRESS:PORT` for the other brokers (default: 2000 above that of --listen)"},
			&cli.StringFlag{Name: "token-file", TakesFile: true, Usage: "`FILE` with the token (default: FOLDER/token, which is made)"},
			&cli.StringFlag{Name: "tls-cert", TakesFile: true, Usage: "`FILE` with the certificate; with it and --tls-key, only TLS is spoken"},
			&cli.StringFlag{Name: "tls-key", TakesFile: true, Usage: "`FILE` with its key"},
			&cli.StringFlag{Name: "tls-ca", TakesFile: true, Usage: "`FILE` with what the certificate is checked by (default: itself)"},
		},
		Action: func(c *cli.Context) error {
			o := cluster.BrokerOptions{
				Dir: c.String("dir"), Listen: c.String("listen"), Routes: c.String("routes"),
				Secret: c.String("token-file"), Cert: c.String("tls-cert"), Key: c.String("tls-key"), CA: c.String("tls-ca"),
				Said: func(text string) { say(c.App.ErrWriter, "broker: %s", text) },
			}
			if join := c.String("join"); join != "" {
				o.Join = strings.Split(join, ",")
			}
			if o.Dir == "" || c.NArg() != 0 {
				return errors.New("cluster serve takes --dir, the folder that it keeps its queue in, and no other words")
			}
			if (o.Cert == "") != (o.Key == "") {
				return errors.New("--tls-cert and --tls-key go together")
			}
			b, err := cluster.Serve(o)
			if err != nil {
				return failed(err)
			}
			say(c.App.ErrWriter, "broker at %s; workers: hpaflow work --cluster @%s", b.URL, o.Dir)
			if !b.Loopback() {
				say(c.App.ErrWriter, "it is open to the network: whoever has its token can queue flows, which read and write files")
				if o.Cert == "" {
					say(c.App.ErrWriter, "without --tls-cert the token passes the network in the clear")
				}
			}
			caught, stop := signals()
			defer stop()
			<-caught
			return failed(b.Close())
		},
	}
}
