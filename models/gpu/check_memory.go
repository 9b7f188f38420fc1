//go:build gpu && linux

package gpu

import (
	"bytes"
	"encoding/binary"
	"math"

	"hpaflow/models/gpu/cuda"
	"hpaflow/models/gpu/plan"
)

// cardMemory is reference.Memory over a card's: what is set is kept, to be
// compared with what the card comes to.
type cardMemory struct {
	*checker
	p   *plan.Program
	n   int
	err error // the first that happened

	values    map[plan.ID][]float64
	gradients map[int][]float64
	moments   map[int][4][]float64
	running   map[int][2][]float64
	lossValue *float64
}

// numbers reads numbers of a type.
func (m *cardMemory) numbers(at cuda.Ptr, t plan.Type, n int) []float64 {
	list := make([]float64, n)
	raw := make([]byte, int64(n)*t.Bytes())
	err := m.card.CopyToHost(raw, at, m.compute)
	if err == nil {
		err = m.compute.Synchronize()
	}
	if err != nil && m.err == nil {
		m.err = err
	}
	for i := range list {
		switch t {
		case plan.F32:
			list[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:])))
		case plan.BF16:
			list[i] = float64(math.Float32frombits(uint32(binary.LittleEndian.Uint16(raw[2*i:])) << 16))
		case plan.U8:
			list[i] = float64(raw[i])
		}
	}
	return list
}

func (m *cardMemory) Value(id plan.ID) []float64 {
	v := m.p.Value(id)
	rows := v.Rows(m.n)
	all := m.numbers(m.checker.at(m.p, id), v.Type, (rows-1)*v.Stride+v.C)
	if v.Stride == v.C {
		return all
	}
	list := make([]float64, 0, rows*v.C)
	for r := range rows {
		list = append(list, all[r*v.Stride:r*v.Stride+v.C]...)
	}
	return list
}

// write sets a value of packed rows on the card.
func (m *cardMemory) write(id plan.ID, x []float64) error {
	v := m.p.Value(id)
	raw := make([]byte, int64(len(x))*v.Type.Bytes())
	for i, f := range x {
		bits := math.Float32bits(float32(f))
		if v.Type == plan.BF16 {
			binary.LittleEndian.PutUint16(raw[2*i:], uint16(bits>>16))
		} else {
			binary.LittleEndian.PutUint32(raw[4*i:], bits)
		}
	}
	return m.card.CopyToDevice(m.checker.at(m.p, id), raw, m.compute)
}

func (m *cardMemory) SetValue(id plan.ID, v []float64) { m.values[id] = v }

func (m *cardMemory) Param(i int) []float64 {
	if q := m.params.List[i]; q.Conv {
		return m.numbers(m.convWeights(i), m.p.Type, q.Size())
	}
	return m.numbers(m.weight(i), plan.F32, m.params.List[i].Size())
}

func (m *cardMemory) SetGradient(i int, g []float64) { m.gradients[i] = g }

func (m *cardMemory) Moments(norm int) (list [4][]float64) {
	c := m.p.Norms[norm].C
	all := m.numbers(m.momentsOf(m.p, norm), plan.F32, 4*c)
	for i := range list {
		list[i] = all[i*c : (i+1)*c]
	}
	return list
}

func (m *cardMemory) SetMoments(norm int, v [4][]float64) { m.moments = map[int][4][]float64{norm: v} }

func (m *cardMemory) Running(norm int) [2][]float64 {
	n := m.norm(m.p, norm)
	return [2][]float64{m.numbers(n.RunningMean, plan.F32, n.C), m.numbers(n.RunningVar, plan.F32, n.C)}
}

func (m *cardMemory) SetRunning(norm int, v [2][]float64) { m.running = map[int][2][]float64{norm: v} }

func (m *cardMemory) Targets() []float64 {
	return m.numbers(m.memory.targets, plan.F32, m.n*m.options.Classes)
}

func (m *cardMemory) SetLoss(v float64) { m.lossValue = &v }

// distance is that of what the card holds now from what was set: of the worst of
// all results.
func (m *cardMemory) distance() (worst float64, err error) {
	note := func(got, want []float64) { worst = max(worst, apart(got, want)) }
	for id, want := range m.values {
		note(m.Value(id), want)
	}
	for i, want := range m.gradients {
		t := plan.F32
		at := m.gradient(i)
		if m.params.List[i].Conv {
			t, at = m.p.Type, m.convGrad(i)
		}
		note(m.numbers(at, t, len(want)), want)
	}
	for norm, want := range m.moments {
		got := m.Moments(norm)
		for i := range want {
			note(got[i], want[i])
		}
	}
	for norm, want := range m.running {
		got := m.Running(norm)
		for i := range want {
			note(got[i], want[i])
		}
	}
	if m.lossValue != nil {
		var raw [8]byte
		if err := m.card.CopyToHost(raw[:], m.lossAt(), m.compute); err != nil {
			return 0, err
		}
		if err := m.compute.Synchronize(); err != nil {
			return 0, err
		}
		note([]float64{math.Float64frombits(binary.LittleEndian.Uint64(raw[:]))}, []float64{*m.lossValue})
	}
	return worst, m.err
}

// snapshot is memory that a step may change, as bytes.
type snapshot []piece

type piece struct {
	at    cuda.Ptr
	bytes []byte
}

func (c *checker) snapshot(p *plan.Program, op plan.Op) (s snapshot, err error) {
	add := func(at cuda.Ptr, bytes int64) {
		s = append(s, piece{at, make([]byte, bytes)})
	}
	for _, id := range p.Touches(op) {
		v := p.Value(id)
		add(c.at(p, id), (int64(v.Rows(p.Batch)-1)*int64(v.Stride)+int64(v.C))*v.Type.Bytes())
	}
	for _, i := range p.Gradients(op) {
		q := c.params.List[i]
		if q.Conv {
			add(c.convGrad(i), int64(q.Size())*p.Type.Bytes())
		} else {
			add(c.gradient(i), 4*int64(q.Size()))
		}
	}
	if _, stats := op.(*plan.Stats); stats {
		add(c.memory.norms, 16*int64(c.params.Channels()))
		add(c.memory.statistics, 4*int64(c.params.Statistics))
	}
	if _, loss := op.(*plan.Loss); loss {
		add(c.memory.loss, 8)
	}
	for _, piece := range s {
		if err := c.card.CopyToHost(piece.bytes, piece.at, c.compute); err != nil {
			return nil, err
		}
	}
	return s, c.compute.Synchronize()
}

func (s snapshot) restore(e *engine) error {
	for _, piece := range s {
		if err := e.card.CopyToDevice(piece.at, piece.bytes, e.compute); err != nil {
			return err
		}
	}
	return nil
}

func (s snapshot) equal(o snapshot) bool {
	for i := range s {
		if !bytes.Equal(s[i].bytes, o[i].bytes) {
			return false
		}
	}
	return true
}

// apart is the distance of got from want as a share of want's length, where want
// is a number.
func apart(got, want []float64) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	var off, length float64
	for i, w := range want {
		if math.IsNaN(w) {
			continue
		}
		off += (got[i] - w) * (got[i] - w)
		length += w * w
	}
	switch {
	case off == 0:
		return 0
	case length == 0:
		return math.Inf(1)
	}
	return math.Sqrt(off / length)
}
