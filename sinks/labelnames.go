package sinks

import (
	"hpaflow/data"
	"hpaflow/flow"
)

// labelFields are the fields of a sink that names labels.
var labelFields = []flow.Field{
	{Name: "labels", Type: flow.InputFile, Default: "", Doc: "names of the labels, one a line; empty: the 28 of the Human Protein Atlas, or numbers if there are not 28"},
	{Name: "classes", Type: flow.Int, Default: len(data.LabelNames), Min: 1, Max: data.MaxClasses, Doc: "labels there are"},
}

// labelNamesOf are the names that a node's labelFields say.
func labelNamesOf(a flow.Args) (data.Names, error) {
	return data.ReadNames(a.String("labels"), a.Int("classes"))
}
