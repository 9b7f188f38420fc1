module hpaflow/bench/engine

go 1.26.0

require (
	github.com/destel/rill v0.7.0
	github.com/reugn/go-streams v0.13.0
	hpaflow v0.0.0
)

require golang.org/x/sys v0.50.0 // indirect

replace hpaflow => ../..
