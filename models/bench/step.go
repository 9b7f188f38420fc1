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
)

// Options say what is measured.
type Options struct {
	Model string
	Size  int  // pixels a side
	Batch int  // images a step
	Infer bool // predict only, else train with Adam

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
	errs := []error{m.Validate()}
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
	Mode         string  `json:"mode"` // train or infer
	Instructions string  `json:"instructions"`
	Steps        int     `json:"steps"`
	MsPerImage   float64 `json:"ms_per_image"`   // of the median step
	ImagesPerS   float64 `json:"images_per_s"`   // likewise
	GFlops       float64 `json:"gflops"`         // a second
	PeakGFlops   float64 `json:"peak_gflops"`    // a second, measured before
	PeakShare    float64 `json:"peak_share"`     // GFlops/PeakGFlops
	PeakRSS      float64 `json:"peak_rss_mb"`    // of the process; 0 where the system does not say
	Allocated    float64 `json:"alloc_mb"`       // a step
	Activations  float64 `json:"activations_mb"` // memory of a step's results
	Layers       []Layer `json:"layers,omitempty"`
}

// Step measures. With layers, the report has them, in the order they ran.
func Step(ctx context.Context, o Options, layers bool) (*Report, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	step, device, err := prepare(ctx, o)
	if err != nil {
		return nil, err
	}
	r := &Report{
		Model: o.Model, Size: o.Size, Batch: o.Batch, Flights: o.Flights, Mode: "train", Steps: o.Steps, Instructions: kernels.Instructions(),
		PeakGFlops: kernels.PeakFlops(kernels.NewWorkspace(), 200*time.Millisecond) / 1e9,
	}
	if o.Infer {
		r.Mode = "infer"
	}
	first, rest := &recorder{}, &recorder{}
	device.Observe(first.observe) // tells how much arithmetic there is
	if err := step(); err != nil {
		return nil, err
	}
	device.Observe(nil)
	if layers {
		device.Observe(rest.observe)
	}
	var times []time.Duration
	before := allocated()
	for range o.Steps {
		start := time.Now()
		if err := step(); err != nil {
			return nil, err
		}
		times = append(times, time.Since(start))
	}
	r.Allocated = float64(allocated()-before) / float64(o.Steps) / (1 << 20)
	r.Activations = float64(device.ActivationBytes()) / (1 << 20)
	slices.Sort(times)
	images := o.Batch * o.Flights
	image := times[len(times)/2].Seconds() / float64(images)
	r.MsPerImage, r.ImagesPerS = image*1e3, 1/image
	r.GFlops = first.flops() / image / 1e9
	r.PeakShare = r.GFlops / r.PeakGFlops
	r.PeakRSS = float64(peakRSS()) / (1 << 20)
	if layers {
		r.Layers = rest.layers(o.Steps*images, r.PeakGFlops*1e9)
	}
	return r, nil
}

// device is what the two ways of running a network have in common here.
type device interface {
	ActivationBytes() int64
	Observe(models.Observer)
}

// prepare makes a network and the step that is timed.
func prepare(ctx context.Context, o Options) (step func() error, d device, err error) {
	batch := noise(o)
	if !o.Infer {
		cpu, err := cpu.New(o.network())
		if err != nil {
			return nil, nil, err
		}
		return func() error {
			_, err := cpu.Train(ctx, batch, 5e-4)
			return err
		}, cpu, nil
	}
	p, err := cpu.NewPredictor(o.network(), o.Flights)
	if err != nil {
		return nil, nil, err
	}
	return func() error {
		done := make(chan error)
		for range o.Flights {
			go func() {
				_, err := p.Predict(ctx, batch)
				done <- err
			}()
		}
		var errs []error
		for range o.Flights {
			errs = append(errs, <-done)
		}
		return errors.Join(errs...)
	}, p, nil
}

// noise is a batch of normal pixels with a tenth of the labels set.
func noise(o Options) *data.Batch {
	m := o.network()
	m.EnsureDefaults()
	r := rand.New(rand.NewPCG(1, 2))
	b := &data.Batch{N: o.Batch, C: m.Channels, H: o.Size, W: o.Size, Classes: m.Classes,
		X: make([]float32, o.Batch*m.Channels*o.Size*o.Size), Y: make([]float32, o.Batch*m.Classes)}
	for i := range b.X {
		b.X[i] = float32(r.NormFloat64())
	}
	for i := range b.Y {
		if r.Float64() < .1 {
			b.Y[i] = 1
		}
	}
	return b
}
