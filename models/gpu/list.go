//go:build gpu && linux

package gpu

import (
	"fmt"

	"hpaflow/models/gpu/cuda"
	"hpaflow/models/gpu/dnn"
	"hpaflow/models/gpu/nccl"
)

// Listing is what a machine has for a program that computes on cards.
type Listing struct {
	Driver Library  `json:"driver"`
	CuDNN  Library  `json:"cudnn"`
	NCCL   Library  `json:"nccl"` // needed with several cards only
	Cards  []Listed `json:"cards"`
}

// Library is one that was looked for.
type Library struct {
	Path    string   `json:"path,omitempty"` // where it was found
	Version string   `json:"version,omitempty"`
	Missing []string `json:"missing,omitempty"` // names that it lacks, none of which need be called
	Error   string   `json:"error,omitempty"`   // what keeps it from use
}

// Listed is a card.
type Listed struct {
	Index      int    `json:"index"`
	Name       string `json:"name"`
	UUID       string `json:"uuid"`
	Capability string `json:"capability"`
	Memory     int64  `json:"memory"` // bytes
	SMs        int    `json:"sms"`
	Precision  string `json:"precision"`       // the one that auto is
	Error      string `json:"error,omitempty"` // what keeps it from use
}

// List looks for the driver, the libraries and the cards. What is not there is
// said in its place.
func List() Listing {
	var l Listing
	said := func(err error) string {
		if err != nil {
			return err.Error()
		}
		return ""
	}
	l.Driver = Library{Error: said(cuda.Open()), Path: cuda.Path()}
	if v := cuda.Version(); v > 0 {
		l.Driver.Version = fmt.Sprintf("CUDA %d.%d", v/1000, v%1000/10)
	}
	if l.Driver.Error == "" {
		l.Driver.Missing = cuda.Missing()
	}
	l.CuDNN = Library{Error: said(dnn.Open()), Path: dnn.Path()}
	if v := dnn.Version(); v > 0 {
		l.CuDNN.Version = fmt.Sprintf("%d.%d.%d", v/10000, v/100%100, v%100)
	}
	l.NCCL = Library{Error: said(nccl.Open()), Path: nccl.Path()}
	if v := nccl.Version(); v > 0 {
		l.NCCL.Version = fmt.Sprintf("%d.%d.%d", v/10000, v/100%100, v%100)
	}
	l.Cards = []Listed{}
	count, err := cuda.Count()
	if err != nil {
		return l
	}
	for i := range count {
		info, err := cuda.Describe(i)
		c := Listed{
			Index: i, Name: info.Name, UUID: info.UUID, Memory: info.Memory, SMs: info.SMs, Error: said(err),
			Capability: fmt.Sprintf("%d.%d", info.Capability[0], info.Capability[1]),
		}
		if p, err := precisionFor("auto", []cuda.Info{info}); err == nil {
			c.Precision = string(p)
		}
		if err == nil && !info.AtLeast(cuda.MinCapability[0], cuda.MinCapability[1]) {
			c.Error = fmt.Sprintf("too old: compute capability %d.%d is needed", cuda.MinCapability[0], cuda.MinCapability[1])
		}
		l.Cards = append(l.Cards, c)
	}
	return l
}
