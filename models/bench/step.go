package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"hpaflow/data"
	"hpaflow/models"
	"hpaflow/models/cpu"
	"hpaflow/models/cpu/kernels"
	"hpaflow/models/devices"
	"hpaflow/models/network"
)

// Options say what is measured.
type Options struct {
	Model string
	Size  int  // pixels a side
	Batch int  // images a step
	Infer bool // predict only, else train with Adam

	Device devices.Options // what computes

	// Flights is how many batches are predicted at once. Default: 1.
	Flights int

	// Steps is how many steps are timed, after one that is not. Default: 5.
	Steps int
}

// Validate reports all that is wrong, beyond what models.Options says.
func (o *Options) Validate() error {
	if o.Steps == 0 {
		o.Steps = 5
	}
	if o.Flights == 0 {
		o.Flights = 1
	}
	m := o.network()
	m.EnsureDefaults()
	o.Device.EnsureDefaults()
	o.Device.Network = o.Model
	errs := []error{m.Validate(), o.Device.Validate()}
	if o.Flights < 1 || o.Flights > 1 && !o.Infer {
		errs = append(errs, fmt.Errorf("flights is %d, want 1 in training, at least 1 in inference", o.Flights))
	}
	if o.Steps < 0 {
		errs = append(errs, fmt.Errorf("steps is %d, want at least 1", o.Steps))
	}
	return errors.Join(errs...)
}

func (o *Options) network() models.Options {
	return models.Options{Model: o.Model, Height: o.Size, Width: o.Size, Batch: o.Batch}
}

// Report is what was measured. Programs read its JSON; names stay.
type Report struct {
	Model        string  `json:"model"`
	Size         int     `json:"size"`
	Batch        int     `json:"batch"`
	Flights      int     `json:"flights"`
	Mode         string  `json:"mode"`         // train or infer
	Instructions string  `json:"instructions"` // of the processor, or the card and its libraries
	Steps        int     `json:"steps"`
	MsPerImage   float64 `json:"ms_per_image"`   // of the median step
	ImagesPerS   float64 `json:"images_per_s"`   // likewise
	GFlops       float64 `json:"gflops"`         // a second
	PeakGFlops   float64 `json:"peak_gflops"`    // a second, measured before; 0 on a card
	PeakShare    float64 `json:"peak_share"`     // GFlops/PeakGFlops
	PeakRSS      float64 `json:"peak_rss_mb"`    // of the process; 0 where the system does not say
	Allocated    float64 `json:"alloc_mb"`       // a step
	Activations  float64 `json:"activations_mb"` // memory of a step's results
	Layers       []Layer `json:"layers,omitempty"`
}

// Step measures. With layers, the report has them, in the order they ran, where
// the device tells of them.
func Step(ctx context.Context, o Options, layers bool) (r *Report, err error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	backend, _, err := devices.Open(o.Device)
	if err != nil {
		return nil, err
	}
	run, err := prepare(ctx, o, backend)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, run.close()) }()
	r = &Report{Model: o.Model, Size: o.Size, Batch: o.Batch, Flights: o.Flights, Mode: "train", Steps: o.Steps, Instructions: backend.Name()}
	if o.Infer {
		r.Mode = "infer"
	}
	if backend == (cpu.Backend{}) {
		r.Instructions = kernels.Loops()
		r.PeakGFlops = kernels.PeakFlops(kernels.NewWorkspace(), 200*time.Millisecond) / 1e9
	}
	for range run.warm {
		if err := run.step(); err != nil {
			return nil, err
		}
	}
	var parts recorder
	observed, tells := run.device.(observed)
	if tells && layers {
		observed.Observe(parts.observe)
	}
	var times []time.Duration
	before := allocated()
	for range o.Steps {
		start := time.Now()
		if err := run.step(); err != nil {
			return nil, err
		}
		times = append(times, time.Since(start))
	}
	r.Allocated = float64(allocated()-before) / float64(o.Steps) / (1 << 20)
	slices.Sort(times)
	images := o.Batch * o.Flights
	image := times[len(times)/2].Seconds() / float64(images)
	r.MsPerImage, r.ImagesPerS = image*1e3, 1/image
	r.GFlops = run.flops / image / 1e9
	if r.PeakGFlops > 0 {
		r.PeakShare = r.GFlops / r.PeakGFlops
	}
	r.PeakRSS = float64(peakRSS()) / (1 << 20)
	if tells {
		r.Activations = float64(observed.ActivationBytes()) / (1 << 20)
	}
	if tells && layers {
		r.Layers = parts.layers(o.Steps*images, r.PeakGFlops*1e9)
	}
	return r, nil
}

// observed is a device that tells of its operations.
type observed interface {
	ActivationBytes() int64
	Observe(models.Observer)
}

// running is a network and the step that is timed.
type running struct {
	device any
	step   func() error
	close  func() error
	warm   int     // steps before its speed is that of a long run
	flops  float64 // of a step, a sample
}

func prepare(ctx context.Context, o Options, backend models.Backend) (*running, error) {
	batch := noise(o)
	outline, err := network.Sketch(o.Model, batch.C, o.Size, o.Size, batch.Classes, !o.Infer)
	if err != nil {
		return nil, err
	}
	if !o.Infer {
		d, err := backend.New(o.network())
		if err != nil {
			return nil, err
		}
		flying := 0
		return &running{device: d, close: d.Close, flops: outline.Flops, warm: 1 + 4*d.Ahead(), step: func() error {
			if err := d.Submit(ctx, batch, 5e-4); err != nil {
				return err
			}
			for flying++; flying > d.Ahead(); flying-- {
				if _, err := d.Result(ctx); err != nil {
					return err
				}
			}
			return nil
		}}, nil
	}
	n, err := backend.NewNetwork(o.network(), o.Flights)
	if err != nil {
		return nil, err
	}
	return &running{device: n, close: n.Close, flops: outline.Flops, warm: 2, step: func() error {
		done := make(chan error)
		for range o.Flights {
			go func() {
				_, err := n.Predict(ctx, batch)
				done <- err
			}()
		}
		var errs []error
		for range o.Flights {
			errs = append(errs, <-done)
		}
		return errors.Join(errs...)
	}}, nil
}

// noise is a batch of random pixels with a tenth of the labels set.
func noise(o Options) *data.Batch {
	m := o.network()
	m.EnsureDefaults()
	r := rand.New(rand.NewPCG(1, 2))
	b := &data.Batch{N: o.Batch, C: m.Channels, H: o.Size, W: o.Size, Norm: data.NormFixed, Classes: m.Classes,
		U8: make([]uint8, o.Batch*m.Channels*o.Size*o.Size), Y: make([]float32, o.Batch*m.Classes)}
	for i := range b.U8 {
		b.U8[i] = uint8(r.Uint32())
	}
	for i := range b.Y {
		if r.Float64() < .1 {
			b.Y[i] = 1
		}
	}
	return b
}
