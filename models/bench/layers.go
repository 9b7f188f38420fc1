package bench

import (
	"runtime"
	"sync"
	"time"
)

// Layer is an operation's part of a step.
type Layer struct {
	Name       string  `json:"name"`         // what it does and where: "conv weights layer1.0.conv1"
	MsPerImage float64 `json:"ms_per_image"` // mean
	Share      float64 `json:"share"`        // of all layers' time
	GFlops     float64 `json:"gflops"`       // a second; 0 where arithmetic is not counted
	PeakShare  float64 `json:"peak_share"`
}

// recorder adds up what operations took, by name.
type recorder struct {
	mu    sync.Mutex
	index map[string]int
	names []string
	took  []time.Duration
	work  []float64 // a sample and run
}

func (r *recorder) observe(name string, took time.Duration, flops float64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	i, known := r.index[name]
	if !known {
		if r.index == nil {
			r.index = map[string]int{}
		}
		i = len(r.names)
		r.index[name] = i
		r.names, r.took, r.work = append(r.names, name), append(r.took, 0), append(r.work, flops)
	}
	r.took[i] += took
}

// layers gives the means over so many images.
func (r *recorder) layers(images int, peak float64) []Layer {
	var all time.Duration
	for _, d := range r.took {
		all += d
	}
	var list []Layer
	for i, name := range r.names {
		image := r.took[i].Seconds() / float64(images)
		l := Layer{Name: name, MsPerImage: image * 1e3, Share: r.took[i].Seconds() / all.Seconds()}
		l.GFlops = r.work[i] / image / 1e9
		if peak > 0 {
			l.PeakShare = l.GFlops * 1e9 / peak
		}
		list = append(list, l)
	}
	return list
}

// allocated is how many bytes the process has ever allocated.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}
