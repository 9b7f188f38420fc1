package codec

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"hpaflow/data/codec/tiff"
)

// Range says how samples that are neither 8 nor 16 bits without a sign become 16
// bits: what becomes 0, and what 65535. The zero Range says nothing.
type Range struct {
	how    string
	lo, hi float64
}

const (
	minMax     = "min-max"
	full       = "full"
	percentile = "percentile"
	fixed      = "fixed"
)

// ParseRange reads "min-max", "percentile LO HI", "LO HI" or "full"; empty text
// says nothing.
func ParseRange(text string) (Range, error) {
	words := strings.Fields(text)
	r := Range{how: fixed}
	switch {
	case len(words) == 0:
		return Range{}, nil
	case len(words) == 1 && (words[0] == minMax || words[0] == full):
		return Range{how: words[0]}, nil
	case len(words) == 3 && words[0] == percentile:
		r.how, words = percentile, words[1:]
	}
	if len(words) == 2 {
		var errs [2]error
		r.lo, errs[0] = strconv.ParseFloat(words[0], 64)
		r.hi, errs[1] = strconv.ParseFloat(words[1], 64)
		outside := r.how == percentile && (r.lo < 0 || r.hi > 100)
		if errors.Join(errs[:]...) == nil && r.lo < r.hi && !math.IsInf(r.lo, 0) && !math.IsInf(r.hi, 0) && !outside {
			return r, nil
		}
	}
	return Range{}, fmt.Errorf("%q is none of \"min-max\", \"percentile 0.1 99.9\", \"LO HI\" with LO less than HI, and \"full\"", text)
}

// said says that there is a rule.
func (r Range) said() bool { return r.how != "" }

// ofPlane says that the range follows from the plane's own samples.
func (r Range) ofPlane() bool { return r.how == minMax || r.how == percentile }

// samples are those of a plane, of a page's type, in the machine's order.
type samples struct {
	format tiff.Format
	bits   int
	raw    []byte
}

// apply writes a plane's samples as 16 bits: those at or below the range's begin as
// 0, those at or above its end as 65535, others in proportion, to the nearest. What is
// no number becomes 0. Min-max and percentiles are the plane's own, of what is finite;
// the full range of floating-point numbers is 0 to 1.
func (r Range) apply(dst []uint16, s samples) {
	lo, hi := r.lo, r.hi
	switch r.how {
	case full:
		lo, hi = s.full()
	case minMax:
		lo, hi = s.minMax()
	case percentile:
		lo, hi = s.percentile(r.lo), s.percentile(r.hi)
	}
	scale := 0.0
	if hi > lo {
		scale = 65535 / (hi - lo)
	}
	s.each(func(i int, v float64) {
		switch {
		case !(v > lo): // or no number
			dst[i] = 0
		case v >= hi:
			dst[i] = 65535
		default:
			dst[i] = uint16((v-lo)*scale + 0.5)
		}
	})
}

// full is the range of a type.
func (s samples) full() (lo, hi float64) {
	switch s.format {
	case tiff.Float:
		return 0, 1
	case tiff.Signed:
		half := math.Ldexp(1, s.bits-1)
		return -half, half - 1
	}
	return 0, math.Ldexp(1, s.bits) - 1
}

// minMax is the range of the finite values; zeros where there are none.
func (s samples) minMax() (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	s.each(func(_ int, v float64) {
		if v-v == 0 { // finite
			lo, hi = min(lo, v), max(hi, v)
		}
	})
	if lo > hi {
		return 0, 0
	}
	return lo, hi
}

// percentile is that of the finite values, as NumPy has it: interpolated between the
// two that are next to it in order.
func (s samples) percentile(p float64) float64 {
	n := 0
	s.each(func(_ int, v float64) {
		if v-v == 0 {
			n++
		}
	})
	if n == 0 {
		return 0
	}
	at := p / 100 * float64(n-1)
	k := int(at)
	low := s.ranked(k)
	if at == float64(k) || k+1 >= n {
		return low
	}
	return low + (s.ranked(k+1)-low)*(at-float64(k))
}

// ranked is the k-th of the finite values in order, found 16 bits at a time from the
// highest on.
func (s samples) ranked(k int) float64 {
	var known, mask uint64
	for shift := 48; ; shift -= 16 {
		var counts [1 << 16]int
		s.each(func(_ int, v float64) {
			if v-v == 0 {
				if key := sortable(v); key&mask == known {
					counts[key>>shift&0xffff]++
				}
			}
		})
		digit := uint64(0)
		for k >= counts[digit] {
			k -= counts[digit]
			digit++
		}
		known |= digit << shift
		mask |= 0xffff << shift
		if shift == 0 {
			return unsortable(known)
		}
	}
}

// sortable are numbers whose order is that of the values.
func sortable(v float64) uint64 {
	b := math.Float64bits(v)
	if b>>63 == 1 {
		return ^b
	}
	return b | 1<<63
}

func unsortable(key uint64) float64 {
	if key>>63 == 1 {
		return math.Float64frombits(key &^ (1 << 63))
	}
	return math.Float64frombits(^key)
}
