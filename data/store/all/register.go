package all

import (
	"hpaflow/data/store"
	"hpaflow/data/store/azure"
	"hpaflow/data/store/gs"
	"hpaflow/data/store/remote"
	"hpaflow/data/store/s3"
	"hpaflow/data/store/web"
)

// Register makes the stores known, each with these limits.
func Register(o remote.Options) {
	store.Register("s3", s3.Connect(o))
	store.Register("gs", gs.Connect(o))
	store.Register("az", azure.Connect(o))
	store.Register("https", web.Connect(o))
	store.Register("http", web.Connect(o))
}
