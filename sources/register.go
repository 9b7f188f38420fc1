package sources

import (
	"io"

	"hpaflow/flow/component"
	"hpaflow/sources/cells"
	"hpaflow/sources/challenge"
	"hpaflow/sources/download"
	"hpaflow/sources/embed"
	"hpaflow/sources/hpa"
	"hpaflow/sources/images"
	"hpaflow/sources/predict"
	"hpaflow/sources/search"
	"hpaflow/sources/shards"
	"hpaflow/sources/webdataset"
)

// Register makes the sources known, room by room. Stdin is what "-" reads.
func Register(r *component.Registry, stdin io.Reader) {
	cells.Register(r)
	challenge.Register(r)
	download.Register(r)
	hpa.Register(r)
	images.Register(r, stdin)
	predict.Register(r)
	search.Register(r)
	shards.Register(r)
	webdataset.Register(r)
	embed.Register(r) // which reads by those before
}
