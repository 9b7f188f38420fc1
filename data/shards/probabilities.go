package shards

import (
	"encoding/binary"
	"fmt"
	"math"

	"hpaflow/data"
	"hpaflow/data/npy"
)

const probabilitiesSuffix = ".probs.npy"

// EncodePrediction makes a frame of a sample's probabilities, all digits of
// them. It may be called from many goroutines. A prediction that is not valid
// and a key that WebDataset would cut, one with a dot, are errors.
func EncodePrediction(p *data.Prediction) (Frame, error) {
	if err := p.Validate(); err != nil {
		return Frame{}, err
	}
	about := About{Key: p.ID, Kind: Probabilities, Labels: p.Labels, Labeled: p.Labeled, Split: p.Split}
	text, err := marshal(about.meta())
	if err != nil {
		return Frame{}, err
	}
	head := npy.Head("<f8", len(p.P))
	var content []byte
	for _, v := range p.P {
		content = binary.LittleEndian.AppendUint64(content, math.Float64bits(v))
	}
	return encode(about, array{
		suffix: probabilitiesSuffix, size: int64(len(head) + len(content)), payload: Zstd, head: head,
		body: func(b []byte) ([][]byte, []byte) { return [][]byte{content}, b },
	}, text)
}

// Prediction is the content of a frame of probabilities.
func (c *Content) Prediction() (*data.Prediction, error) {
	if err := c.want(Probabilities); err != nil {
		return nil, err
	}
	p := &data.Prediction{ID: c.Key, Labels: c.Labels, Labeled: c.Labeled, Split: c.Split, P: c.P}
	return p, p.Validate()
}

// parseProbabilities reads an array of probabilities.
func parseProbabilities(b []byte) ([]float64, error) {
	kind, shape, body, err := npy.Parse(b)
	if err != nil {
		return nil, err
	}
	if kind != "<f8" || len(shape) != 1 {
		return nil, fmt.Errorf("npy: an array of shape %v and type %s is not of probabilities", shape, kind)
	}
	if shape[0] > data.MaxClasses || 8*shape[0] != len(body) {
		return nil, fmt.Errorf("npy: %d bytes do not hold %d probabilities", len(body), shape[0])
	}
	p := make([]float64, shape[0])
	for n := range p {
		p[n] = math.Float64frombits(binary.LittleEndian.Uint64(body[8*n:]))
	}
	return p, nil
}
