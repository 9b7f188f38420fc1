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

// freezeField is how many stages of a network stay as they are.
func freezeField(when string) component.Field {
	return component.Field{Name: "freeze", Type: component.Int, Default: 0, Min: 0, Max: 1 << 8, Doc: when + "leading stages of the network that stay as they are: no gradient, and batch norm with its running statistics, " +
		"as timm.utils.freeze has it. resnet18, resnet34 and se_resnext50 have 5, a stem and four layers; convnext_tiny has 5, a stem and four stages; densenet121 has 5, conv0 and four dense blocks with what follows each; " +
		"inception_v3 has 4, Conv2d_*, Mixed_5*, Mixed_6* and Mixed_7*; 0: none"}
}

// checkFreeze reports more stages than the network has.
func checkFreeze(a component.Args) []component.FieldFault {
	o := models.Options{Model: a.String("model"), Freeze: a.Int("freeze")}
	if err := o.CheckFreeze(); err != nil {
		return []component.FieldFault{{Field: "freeze", Fault: err.Error()}}
	}
	return nil
}

func NetworkOptions(a component.Args) models.Options {
	return models.Options{
		Model: a.String("model"), Classes: a.Int("classes"), Batch: a.Int("batch"),
		AttentionSize: a.Int("attention_size"), AuxAttentionSize: a.Int("aux_attention_size"),
	}
}
