package devices

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"hpaflow/models"
	"hpaflow/models/cpu"
	"hpaflow/models/network"
)

// Options say what computes. The zero value of a field means its default.
type Options struct {
	// Device is auto, cpu, gpu (the first card), gpu:N,... or gpu:all. Default:
	// auto, a card if the program was built for cards and finds one that will
	// do, else the processor.
	Device string

	// Precision of multiplications is auto, fp32, tf32 or bf16. Default: auto,
	// fp32 on the processor and tf32 on a card that has it.
	Precision string

	// Network is the network that is to be computed, where that is known: not all
	// are computed on cards. With Device auto, those that are not are the
	// processor's.
	Network string

	// AnyOrder allows algorithms whose bits differ from run to run.
	AnyOrder bool
}

// Precisions lists the precisions by name.
func Precisions() []string { return []string{Auto, "fp32", "tf32", "bf16"} }

// Auto is the default of devices and precisions.
const Auto = "auto"

// Kinds are the kinds of device that the program can compute on.
func Kinds() []string {
	if Built {
		return []string{"cpu", "gpu"}
	}
	return []string{"cpu"}
}

// EnsureDefaults fills in what was left zero.
func (o *Options) EnsureDefaults() {
	if o.Device == "" {
		o.Device = Auto
	}
	if o.Precision == "" {
		o.Precision = Auto
	}
}

// CheckDevice reports what is wrong with Device, whatever cards there are.
func (o *Options) CheckDevice() error {
	_, onCards, err := o.cards()
	switch {
	case err != nil || !onCards:
		return err
	case !Built:
		return ErrNotBuilt
	}
	return o.checkNetwork()
}

// checkNetwork reports that no card computes the network.
func (o *Options) checkNetwork() error {
	if n := network.ByName(o.Network); n != nil && n.Processor {
		return fmt.Errorf("%s is computed on the processor alone: use device cpu, or one of %s", o.Network, strings.Join(network.OnCards(), ", "))
	}
	return nil
}

// CheckPrecision reports what is wrong with Precision.
func (o *Options) CheckPrecision() error {
	if !slices.Contains(Precisions(), o.Precision) {
		return fmt.Errorf("precision %q is not one of %s", o.Precision, strings.Join(Precisions(), ", "))
	}
	if o.Device == "cpu" && o.Precision != Auto && o.Precision != "fp32" {
		return fmt.Errorf("precision %s is a card's; a processor computes in fp32", o.Precision)
	}
	return nil
}

// Validate reports all that is wrong with the options, after EnsureDefaults.
func (o *Options) Validate() error { return errors.Join(o.CheckDevice(), o.CheckPrecision()) }

// ErrNotBuilt is the error of asking a program for cards that knows none.
var ErrNotBuilt = errors.New("this hpaflow was built without GPUs; models/gpu/build.sh builds one with them, which needs gcc and no CUDA toolkit")

// cards are the numbers of the cards that Device names; no numbers are all there
// are.
func (o *Options) cards() (numbers []int, onCards bool, err error) {
	switch o.Device {
	case Auto, "cpu":
		return nil, false, nil
	case "gpu":
		return []int{0}, true, nil
	case "gpu:all":
		return nil, true, nil
	}
	list, ok := strings.CutPrefix(o.Device, "gpu:")
	if !ok {
		return nil, false, fmt.Errorf("device %q is not auto, cpu, gpu, gpu:N,... or gpu:all", o.Device)
	}
	for _, text := range strings.Split(list, ",") {
		n, err := strconv.Atoi(text)
		switch {
		case err != nil || n < 0:
			return nil, false, fmt.Errorf("device %q: %q is no card's number, which begin with 0", o.Device, text)
		case slices.Contains(numbers, n):
			return nil, false, fmt.Errorf("device %q names card %d twice", o.Device, n)
		}
		numbers = append(numbers, n)
	}
	return numbers, true, nil
}

// Open makes the kind of device the options ask for. note says which it is
// where the options leave it open; it may be empty.
func Open(o Options) (backend models.Backend, note string, err error) {
	o.EnsureDefaults()
	if err := o.Validate(); err != nil {
		return nil, "", err
	}
	numbers, onCards, err := o.cards()
	if err != nil {
		return nil, "", err
	}
	if !onCards && (o.Device == "cpu" || !Built) {
		return onProcessor(o)
	}
	if err := o.checkNetwork(); err != nil { // Device is auto, or it would have been refused
		backend, _, refused := onProcessor(o)
		return backend, "computing on the processor: " + o.Network + " is not computed on cards", refused
	}
	if !onCards {
		numbers = []int{0}
	}
	backend, err = openCards(numbers, o)
	switch {
	case err != nil && !onCards:
		backend, _, refused := onProcessor(o)
		if refused != nil {
			return nil, "", fmt.Errorf("%w; no card will do: %w", refused, err)
		}
		return backend, fmt.Sprintf("computing on the processor: %v", err), nil
	case err != nil:
		return nil, "", fmt.Errorf("device %s: %w", o.Device, err)
	}
	return backend, "computing on " + backend.Name(), nil
}

// onProcessor is the device that needs no card.
func onProcessor(o Options) (models.Backend, string, error) {
	o.Device = "cpu"
	if err := o.CheckPrecision(); err != nil {
		return nil, "", err
	}
	return cpu.Backend{}, "", nil
}
