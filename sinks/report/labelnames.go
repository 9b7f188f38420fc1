package report

import (
	"hpaflow/data"
	"hpaflow/flow/component"
)

// LabelFields are the fields of a sink that names labels.
var LabelFields = []component.Field{
	{Name: "labels", Type: component.InputFile, Default: "", Known: []string{data.HPA2021}, Doc: "names of the labels, one a line; hpa2021: the 19 of the challenge of 2021; empty: the 28 of the Human Protein Atlas, or numbers if there are not 28"},
	{Name: "classes", Type: component.Int, Default: len(data.LabelNames), Min: 1, Max: data.MaxClasses, Doc: "labels there are"},
}

// LabelNamesOf are the names that a node's labelFields say.
func LabelNamesOf(a component.Args) (data.Names, error) {
	return data.ReadNames(a.String("labels"), a.Int("classes"))
}
