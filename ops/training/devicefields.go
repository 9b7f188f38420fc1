package training

import (
	"hpaflow/flow/component"
	"hpaflow/models/devices"
)

// DeviceFields are the fields by which ops that compute networks say on what.
func DeviceFields() []component.Field {
	return []component.Field{
		{Name: "device", Type: component.String, Bears: component.NoBearing, Default: devices.Auto,
			Doc: "what computes: auto (a GPU if this build has them and finds one, else the processor), cpu, gpu (the first), gpu:N,... or gpu:all"},
		{Name: "precision", Type: component.String, Default: devices.Auto, Choices: devices.Precisions(),
			Doc: "of multiplications: auto (fp32 on the processor, tf32 on a GPU that has it), fp32, tf32 or bf16; sums and weights are float32 in any case"},
		{Name: "deterministic", Type: component.Bool, Default: true,
			Doc: "on a GPU: whether only algorithms are used that give the same bits each time"},
	}
}

// DeviceOptions are what the fields ask for, of ops with NetworkFields for the
// network that those name.
func DeviceOptions(a component.Args) devices.Options {
	o := devices.Options{Device: a.String("device"), Precision: a.String("precision"), AnyOrder: !a.Bool("deterministic")}
	if model, ok := a["model"]; ok {
		o.Network = model.(string)
	}
	return o
}

// CheckDevice reports what is wrong with the fields.
func CheckDevice(a component.Args) []component.FieldFault {
	o := DeviceOptions(a)
	var faults []component.FieldFault
	if err := o.CheckDevice(); err != nil {
		faults = append(faults, component.FieldFault{Field: "device", Fault: err.Error()})
	}
	if err := o.CheckPrecision(); err != nil {
		faults = append(faults, component.FieldFault{Field: "precision", Fault: err.Error()})
	}
	return faults
}

// Computes names what the last bits of results depend on, which is what computes.
func Computes(a component.Args) (string, error) {
	backend, _, err := devices.Open(DeviceOptions(a))
	if err != nil {
		return "", err
	}
	return backend.Name(), nil
}
