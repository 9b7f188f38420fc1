package webdataset

import "hpaflow/flow/component"

// Register makes the source known.
func Register(r *component.Registry) { r.Register(webdatasetSpec()) }
