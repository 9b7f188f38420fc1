package kernels

// merged is the groups of a convolution, put together until their channels
// fill blocks; the weights between groups that were apart are zero.
type merged struct {
	groups      int
	out, in     int // channels of a merged group
	partOut     int // channels of an original group
	partIn      int
	weights     int // taps of the whole kernel
	outStep     int // how far apart in the weights the out channels lie
	inStep      int
	outBl, inBl int // blocks of a merged group
	partStep    int // how far apart in the weights the original groups lie

	perPanel int // output blocks computed together: a panel
	combos   int // weights of an output channel whose gradients are
}

func merge(mach *machine, s ConvShape, back bool) merged {
	m := merged{perPanel: mach.blocks, combos: mach.combos, groups: s.Groups, partOut: s.Out / s.Groups, partIn: s.In / s.Groups, weights: s.KH * s.KW}
	m.partStep = m.partOut * m.partIn * m.weights
	m.outStep, m.inStep = m.partIn*m.weights, m.weights
	if back {
		m.partOut, m.partIn = m.partIn, m.partOut
		m.outStep, m.inStep = m.inStep, m.outStep
	}
	parts := 1
	for parts < s.Groups && (s.Groups%parts > 0 || parts*m.partOut%Lanes > 0 || parts*m.partIn%Lanes > 0) {
		parts++
	}
	m.groups /= parts
	m.out, m.in = parts*m.partOut, parts*m.partIn
	m.outBl, m.inBl = Blocks(m.out), Blocks(m.in)
	return m
}

// weightRow is where the weights of an output channel stand: of the input
// channels lo..hi of its group, from base on, a step apart.
type weightRow struct{ base, lo, hi, step int }

func (r *weightRow) at(c int) int { return r.base + (c-r.lo)*r.step }

// row gives the row of a group's channel o, empty for a spare lane.
func (m *merged) row(group, o int) weightRow {
	if o >= m.out {
		return weightRow{}
	}
	part := o / m.partOut
	original := group*(m.out/m.partOut) + part
	return weightRow{
		base: original*m.partStep + o%m.partOut*m.outStep,
		lo:   part * m.partIn, hi: (part + 1) * m.partIn, step: m.inStep,
	}
}

// panels is how many panels a group's output has; the last may have fewer blocks.
func (m *merged) panels() int { return ceil(m.outBl, m.perPanel) }

func (m *merged) blocksOf(panel int) int { return min(m.perPanel, m.outBl-panel*m.perPanel) }

// laneOffsets are the places of a group's input channels in blocks of so many
// vectors, filled up with the first to what a gradTile takes.
func (p *merged) laneOffsets(to []int, count int) []int {
	to = to[:0]
	for c := range p.inBl * Lanes {
		to = append(to, c/Lanes*count*laneBytes+c%Lanes*floatBytes)
	}
	for len(to)%p.combos > 0 {
		to = append(to, 0)
	}
	return to
}

// rows gives the first row of an output block, and whether the others follow it
// outStep apart, all with weights for the input channels lo..hi-1.
func (m *merged) rows(group, block, lo, hi int) (first weightRow, alike bool) {
	first = m.row(group, block*Lanes)
	return first, first.lo <= lo && first.hi >= hi && block*Lanes%m.partOut+Lanes <= m.partOut
}

// gather sets to[((c-lo)*weights+k)*Lanes+l] to weight k of input channel c for
// channel l of one of the group's output blocks, for c in lo..hi-1; to zero where
// there is none.
func (m *merged) gather(mach *machine, to, weights []float32, group, block, lo, hi int) {
	r, alike := m.rows(group, block, lo, hi)
	if !alike {
		m.gatherEach(to, weights, group, block*Lanes, lo, hi)
		return
	}
	from := weights[r.at(lo):]
	switch {
	case m.outStep == 1:
		for c := range hi - lo {
			moveVector(to[c*Lanes:], from[c*m.inStep:])
		}
	case m.inStep == m.weights:
		mach.columns(to, from, (hi-lo)*m.weights, m.outStep)
	default:
		for c := range hi - lo {
			mach.columns(to[c*m.weights*Lanes:], from[c*m.inStep:], m.weights, m.outStep)
		}
	}
}

// packAcross packs kernels of one weight whose output channels lie beside each other,
// some rows at a time into all panels, so that memory is read in order; where it
// cannot, it says that it has not.
func (m *merged) packAcross(ws *Workspace, packed, weights []float32, panelSize int) bool {
	if m.weights != 1 || m.outStep != 1 || m.partOut != m.out || m.partIn != m.in || m.out%Lanes != 0 || m.in%Lanes != 0 {
		return false
	}
	panels := m.panels()
	ws.each(m.groups*m.inBl, func(_ *scratch, i int) {
		group, first := i/m.inBl, i%m.inBl*Lanes
		for panel := range panels {
			row := m.blocksOf(panel) * Lanes
			to := packed[(group*panels+panel)*panelSize+first*row:][:Lanes*row]
			from := weights[group*m.partStep+first*m.inStep+panel*m.perPanel*Lanes:]
			for c := range Lanes {
				for o := 0; o < row; o += Lanes {
					moveVector(to[c*row+o:], from[c*m.inStep+o:])
				}
			}
		}
	})
	return true
}

// packRows packs a panel's weights of kernels of one weight, a row for each input
// channel, where all channels are there; else it says that it has not.
func (m *merged) packRows(mach *machine, to, weights []float32, group, panel int) bool {
	blocks := m.blocksOf(panel)
	row := blocks * Lanes
	var starts [maxBlocks]int
	for o := range blocks {
		r, alike := m.rows(group, panel*m.perPanel+o, 0, m.inBl*Lanes)
		if !alike {
			return false
		}
		starts[o] = r.at(0)
	}
	if m.outStep == 1 {
		for c := range m.in { // the rows lie far apart: each is visited once
			for o, start := range starts[:blocks] {
				moveVector(to[c*row+o*Lanes:], weights[start+c*m.inStep:])
			}
		}
		return true
	}
	for o, start := range starts[:blocks] {
		from := weights[start:]
		_, _ = to[(m.in-1)*row+(o+1)*Lanes-1], from[(Lanes-1)*m.outStep+m.in-1]
		mach.transpose(m.inBl, &to[o*Lanes], row*floatBytes, Lanes*row*floatBytes, &from[0], m.outStep*floatBytes, laneBytes)
	}
	return true
}

// unpackRows is the way back from packRows, of a pass forward, for n blocks of input
// channels from first on, where all channels are there.
func (m *merged) unpackRows(mach *machine, weights, from []float32, group, panel, first, n int) bool {
	blocks := m.blocksOf(panel)
	row := blocks * Lanes
	lo, hi := first*Lanes, (first+n)*Lanes
	for o := range blocks {
		r, alike := m.rows(group, panel*m.perPanel+o, lo, hi)
		if !alike {
			return false
		}
		to := weights[r.at(lo):]
		_, _ = from[n*Lanes*row-1], to[(Lanes-1)*m.outStep+n*Lanes-1]
		mach.transpose(n, &to[0], m.outStep*floatBytes, laneBytes, &from[o*Lanes], row*floatBytes, Lanes*row*floatBytes)
	}
	return true
}

// gatherEach is gather for output channels of several original groups, of which
// not all may be there.
func (m *merged) gatherEach(to, weights []float32, group, first, lo, hi int) {
	clear(to[:(hi-lo)*m.weights*Lanes])
	for l := range Lanes {
		r := m.row(group, first+l)
		for c := max(r.lo, lo); c < min(r.hi, hi); c++ {
			from := weights[r.at(c):]
			for k := range m.weights {
				to[((c-lo)*m.weights+k)*Lanes+l] = from[k]
			}
		}
	}
}

// scatter is the way back from gather, of a pass forward.
func (m *merged) scatter(mach *machine, weights, from []float32, group, block, lo, hi int) {
	if r, alike := m.rows(group, block, lo, hi); alike {
		mach.rows(weights[r.at(lo):], from, (hi-lo)*m.weights, m.outStep)
		return
	}
	for l := range Lanes {
		r := m.row(group, block*Lanes+l)
		for c := max(r.lo, lo); c < min(r.hi, hi); c++ {
			to := weights[r.at(c):]
			for k := range m.weights {
				to[k] = from[((c-lo)*m.weights+k)*Lanes+l]
			}
		}
	}
}

// columns sets to[i*Lanes+l] to from[l*step+i] for i in 0..n-1.
func (m *machine) columns(to, from []float32, n, step int) {
	if n < Lanes {
		for l := range Lanes {
			for i, v := range from[l*step:][:n] {
				to[i*Lanes+l] = v
			}
		}
		return
	}
	_, _ = to[n*Lanes-1], from[(Lanes-1)*step+n-1]
	m.fetchRows(Lanes, ceil(n, cacheLine), value(&from[0], n*floatBytes), step*floatBytes) // what follows in each row comes next
	m.transpose(n/Lanes, &to[0], laneBytes, Lanes*laneBytes, &from[0], step*floatBytes, laneBytes)
	if n%Lanes > 0 { // the last ones, some of them again
		m.transpose(1, &to[(n-Lanes)*Lanes], laneBytes, 0, &from[n-Lanes], step*floatBytes, 0)
	}
}

// rows is the way back from columns.
func (m *machine) rows(to, from []float32, n, step int) {
	if n < Lanes {
		for l := range Lanes {
			for i := range n {
				to[l*step+i] = from[i*Lanes+l]
			}
		}
		return
	}
	_, _ = from[n*Lanes-1], to[(Lanes-1)*step+n-1]
	m.transpose(n/Lanes, &to[0], step*floatBytes, laneBytes, &from[0], laneBytes, Lanes*laneBytes)
	if n%Lanes > 0 {
		m.transpose(1, &to[n-Lanes], step*floatBytes, 0, &from[(n-Lanes)*Lanes], laneBytes, 0)
	}
}
