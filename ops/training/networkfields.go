package training

import (
	"hpaflow/data"
	"hpaflow/flow/component"
	"hpaflow/models"
	"hpaflow/models/network"
)

// notTrained are networks that flows of their own are for.
var notTrained = map[string]string{
	network.SubCellName: `"subcell" only predicts, and has a flow of its own: hpaflow run embed.flow`,
}

// NetworkFields are the fields by which ops describe a network that exists.
func NetworkFields() []component.Field {
	return []component.Field{
		{Name: "model", Type: component.String, Default: "resnet18", Choices: network.Names(), Refused: notTrained, Doc: "the network"},
		{Name: "classes", Type: component.Int, Default: len(data.LabelNames), Min: 1, Max: data.MaxClasses, Doc: "outputs of the network"},
		{Name: "attention_size", Type: component.Int, Default: 0, Min: 0, Max: 1 << 10, Doc: "side of the grid of features an attention head looks at; 0: that of the features"},
		{Name: "aux_attention_size", Type: component.Int, Default: 0, Min: 0, Max: 1 << 10, Doc: "the same for the auxiliary head of inception_v3"},
	}
}

func NetworkOptions(a component.Args) models.Options {
	return models.Options{
		Model: a.String("model"), Classes: a.Int("classes"), Batch: a.Int("batch"),
		AttentionSize: a.Int("attention_size"), AuxAttentionSize: a.Int("aux_attention_size"),
	}
}
