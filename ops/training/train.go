package training

import (
	"context"
	"errors"
	"fmt"
	"time"

	"hpaflow/data"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/models"
	"hpaflow/models/checkpoint"
	"hpaflow/models/network"
	"hpaflow/ops/edges"
	"hpaflow/ops/edges/trained"
)

func TrainSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindOp, Name: "train",
		Doc: "Train a network on batches, validate it after every epoch, and yield how it goes: scores and a checkpoint after each epoch, " +
			"and in between what there is to log and to save. A run that was stopped at any step goes on from its last checkpoint and ends " +
			"as if it had not been stopped.",
		In: []component.Port{
			{Name: "in", Type: edges.Batch, Doc: "training batches"},
			{Name: "validate", Type: edges.Batch, Optional: true, Doc: "validation batches, the same number of epochs; none larger than a training batch"},
		},
		Out:      trained.Progress,
		Computes: Computes,
		Fields: append([]component.Field{
			{Name: "model", Type: component.String, Default: "resnet18", Choices: network.Names(), Refused: notTrained, Doc: "the network"},
			{Name: "classes", Type: component.Int, Default: len(data.LabelNames), Min: 1, Max: data.MaxClasses, Doc: "outputs of the network"},
			{Name: "attention_size", Type: component.Int, Default: 0, Min: 0, Max: 1 << 12, Doc: "side of the grid of features an attention head looks at; 0: that of the features"},
			{Name: "aux_attention_size", Type: component.Int, Default: 0, Min: 0, Max: 1 << 12, Doc: "the same for the auxiliary head of inception_v3, whose loss counts 0.4"},
			{Name: "epochs", Type: component.Int, Doc: "passes over the data, as the source makes them; the schedule's length", Min: 1, Max: 1 << 20},
			{Name: "loss", Type: component.String, Default: "focal", Choices: models.Losses(), Doc: "focal with gamma 2, or bce; of logits"},
			{Name: "optimizer", Type: component.String, Default: "adam", Choices: models.Optimizers(), Doc: "adam (betas .9, .999) or sgd"},
			{Name: "lr", Type: component.Float, Default: 5e-4, Min: 1e-12, Max: 1e3, Doc: "learning rate of the first epoch"},
			{Name: "weight_decay", Type: component.Float, Default: 0.0, Min: 0, Max: 1e3, Doc: "added to gradients, times the parameter"},
			{Name: "amsgrad", Type: component.Bool, Default: false, Doc: "for adam: divide by the largest second moment so far"},
			{Name: "nesterov", Type: component.Bool, Default: false, Doc: "for sgd with momentum .9: look ahead by a momentum step"},
			{Name: "schedule", Type: component.String, Default: "none", Choices: models.Schedules(), Doc: "how the learning rate changes from epoch to epoch"},
			{Name: "gamma", Type: component.Float, Default: 0.1, Min: 1e-6, Max: 1, Doc: "what step, multi_step, exponential and reduce_lr_on_plateau multiply the rate by"},
			{Name: "step_size", Type: component.Int, Default: 10, Min: 1, Max: 1 << 20, Doc: "for the schedule step: epochs between steps"},
			{Name: "milestones", Type: component.Ints, Default: []int{}, Min: 1, Max: 1 << 20, Doc: "for the schedule multi_step: the epochs after which the rate is multiplied"},
			{Name: "patience", Type: component.Int, Default: 10, Min: 1, Max: 1 << 20, Doc: "for reduce_lr_on_plateau: epochs without a better macro F1 that are borne"},
			{Name: "warmup", Type: component.Int, Default: 0, Min: 0, Max: 1 << 20, Doc: "epochs at the beginning whose rate rises in a straight line from warmup_lr to lr, as timm's schedulers have it; the schedule's epochs are counted from the first"},
			{Name: "warmup_lr", Type: component.Float, Default: models.DefaultWarmupLR, Min: 1e-12, Max: 1e3, Doc: "with a warmup: learning rate of the first epoch"},
			{Name: "label_smoothing", Type: component.Float, Default: 0.0, Min: 0, Max: 0.99, Doc: "s of targets y*(1-s) + s/2 to train on; training is scored by y, and validation knows none"},
			{Name: "clip_norm", Type: component.Float, Default: 0.0, Min: 0, Max: 1e9, Doc: "largest L2 norm of a step's gradients, all parameters together; larger ones are scaled down to it, as torch.nn.utils.clip_grad_norm_ does; 0: any"},
			{Name: "ema", Type: component.Float, Default: 0.0, Min: 0, Max: 0.9999999, Doc: "decay of an exponential moving average of the weights and of batch norm's statistics, as timm's ModelEmaV3 keeps it: each step moves it by 1-ema towards the network's. " +
				"It is what is validated and what checkpoints hold as weights; what is trained is kept beside it; 0: none"},
			freezeField("with init: "),
			{Name: "stop_after", Type: component.Int, Default: 0, Min: 0, Max: 1 << 20, Doc: "epochs without a better macro F1 of the validation data after which the run ends, complete; 0: never"},
			{Name: "accumulate", Type: component.Int, Default: 1, Min: 1, Max: 1 << 16, Doc: "batches whose gradients are summed for one step of the optimiser; what is left at an epoch's end is a step of its own"},
			{Name: "init", Type: component.String, Default: initRandom, Whole: true, Within: checkpoint.WeightsNames, Doc: "weights to begin with: random (drawn from the seed as PyTorch does), or a file: safetensors, .pth, a checkpoint's folder or a run's; FILE#KEYS takes the state dict that the keys lead to, such as FILE#state_dict_ema; layers for other labels are left random, and a stem for 3 channels becomes one for as many as images have: for 4 its first is repeated, else all are in turn, times 3/channels"},
			{Name: "log_every", Type: component.Int, Default: 100, Min: 0, Max: 1 << 40, Doc: "batches between losses that are logged; 0: none"},
			{Name: "save_every", Type: component.Duration, Default: 10 * time.Minute, Doc: "time between checkpoints inside an epoch; 0s: only when interrupted"},
			{Name: "worst", Type: component.Int, Default: 24, Min: 0, Max: 1 << 12, Doc: "validation samples with the largest loss that are yielded with an epoch, as small pictures"},
			{Name: "examples", Type: component.Int, Default: 0, Min: 0, Max: 256, Doc: "validation samples, the first ones, that are yielded with every epoch, as small pictures with their labels and probabilities"},
			{Name: "pr_curves", Type: component.Int, Default: 0, Min: 0, Max: 1024, Doc: "thresholds, from 0 to 1, of the precision-recall curves of the validation data that are yielded with every epoch, one a label and one of all; 0: none"},
		}, DeviceFields()...),
		Check: checkTrain,
		Build: func(n *component.Node) (component.Output, error) {
			t, err := newTrainer(n)
			if err != nil {
				return nil, err
			}
			if t.stopAfter > 0 && !n.Has("validate") {
				return nil, errors.New("stop_after: there is nothing to validate on, by which epochs are compared: set validate")
			}
			train := component.In[*data.Batch](n, "in")
			t.foresee(n, train)
			n.Graph.OnResume(func(r *flow.Resume) error { return t.accept(r, train.Sources()) })
			n.OnBuilt(t.check)
			var out flow.Out[*checkpoint.Progress]
			if n.Has("validate") {
				out = flow.Process2(train, component.In[*data.Batch](n, "validate"), n.Stage(), t.run)
			} else {
				out = flow.Process(train, n.Stage(), func(ctx context.Context, in *flow.Reader[*data.Batch], out *flow.Emitter[*checkpoint.Progress]) error {
					return t.run(ctx, in, nil, out)
				})
			}
			n.Graph.OnDevice(n.Name, t.usage)
			return out, nil
		},
	}
}

// initRandom begins with weights from the seed.
const initRandom = "random"

func checkTrain(a component.Args) []component.FieldFault {
	faults := CheckDevice(a)
	if a.Bool("amsgrad") && a.String("optimizer") != "adam" {
		faults = append(faults, component.FieldFault{Field: "amsgrad", Fault: "is a variant of adam", Hint: `set optimizer = "adam"`})
	}
	if a.Bool("nesterov") && a.String("optimizer") != "sgd" {
		faults = append(faults, component.FieldFault{Field: "nesterov", Fault: "is a variant of sgd", Hint: `set optimizer = "sgd"`})
	}
	milestones := a.Ints("milestones")
	switch multi := a.String("schedule") == "multi_step"; {
	case multi && len(milestones) == 0:
		faults = append(faults, component.FieldFault{Field: "schedule", Fault: "multi_step needs milestones", Hint: "such as milestones = [20, 30]"})
	case !multi && len(milestones) > 0:
		faults = append(faults, component.FieldFault{Field: "milestones", Fault: "are of the schedule multi_step", Hint: `set schedule = "multi_step"`})
	}
	if warmup, epochs := a.Int("warmup"), a.Int("epochs"); warmup > 0 && warmup >= epochs {
		faults = append(faults, component.FieldFault{Field: "warmup", Fault: fmt.Sprintf("is %d of %d epochs", warmup, epochs), Hint: fmt.Sprintf("0 to %d", epochs-1)})
	}
	if a.Int("freeze") > 0 && a.String("init") == initRandom {
		faults = append(faults, component.FieldFault{Field: "freeze", Fault: "would keep random weights as they are", Hint: "set init to weights that were trained, or freeze = 0"})
	}
	if a.Int("pr_curves") == 1 {
		faults = append(faults, component.FieldFault{Field: "pr_curves", Fault: "1 threshold makes no curve", Hint: "0, or 2 to 1024"})
	}
	faults = append(faults, checkFreeze(a)...)
	if lr, from := a.Float("lr"), a.Float("warmup_lr"); a.Int("warmup") > 0 && from > lr {
		faults = append(faults, component.FieldFault{Field: "warmup_lr", Fault: fmt.Sprintf("is %g, and lr %g", from, lr), Hint: "at most lr"})
	}
	return faults
}
