package cells

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"hpaflow/data"
)

// PlanOptions say what challenge to make up.
type PlanOptions struct {
	Seed uint64

	// Train, External and Test are how many samples the sets have, those that
	// are copies of others included.
	Train, External, Test int

	// Imbalance is how unevenly frequent the labels are: 1 as in the real
	// training set, where the most frequent of them is a thousand times as
	// frequent as the rarest; 0 not at all. Between, frequencies are those of
	// the real set to that power.
	Imbalance float64

	// Least is how many samples of the train set a label has at least, as far
	// as there are samples.
	Least int

	// Duplicates is the share of external samples that show the picture of a
	// training sample, and Leaks the share of test samples that show that of a
	// training or external sample.
	Duplicates, Leaks float64
}

// Validate reports all that is wrong with the options.
func (o *PlanOptions) Validate() error {
	var faults []error
	for _, n := range []struct {
		name        string
		value, most float64
	}{
		{"train", float64(o.Train), 1 << 24}, {"external", float64(o.External), 1 << 24}, {"test", float64(o.Test), 1 << 24},
		{"imbalance", o.Imbalance, 1}, {"least", float64(o.Least), 1 << 24}, {"duplicates", o.Duplicates, 1}, {"leaks", o.Leaks, 1},
	} {
		if !(n.value >= 0 && n.value <= n.most) {
			faults = append(faults, fmt.Errorf("%s is %v, want 0 to %v", n.name, n.value, n.most))
		}
	}
	if o.Train == 0 && o.External+o.Test > 0 {
		faults = append(faults, errors.New("train is 0: the other sets copy from it"))
	}
	return errors.Join(faults...)
}

// Sets, as Planned.Set names them.
const (
	Train    = "train"
	External = "external"
	Test     = "test"
)

// Planned is a sample that is made up and not drawn yet.
type Planned struct {
	ID     string // a UUID, or PLATE_WELL_FIELD in the external set
	Set    string
	Labels data.Labels
	Seed   uint64 // what Field draws it from; samples with equal ones show one picture
	CopyOf string // the Id of the sample whose picture it shows; empty for most
}

// realCounts is how many of the 31,072 training samples of the real challenge
// have each label.
var realCounts = [...]int{12885, 1254, 3621, 1561, 1858, 2513, 1008, 2822, 53, 45, 28, 1093, 688, 537, 1066, 21, 530, 210, 902,
	1482, 172, 3777, 802, 2965, 322, 8228, 328, 11}

// realLabels is how many of them have one label, two, and so on.
var realLabels = [...]int{15126, 12485, 3160, 299, 2}

// Plan makes up the samples of a challenge: first the train set, then the
// external one, then the test set. The same options give the same samples.
func Plan(o PlanOptions) ([]Planned, error) {
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("cells: %w", err)
	}
	p := &planner{options: o, draw: rand.New(rand.NewPCG(o.Seed, 0x6c616265)), seed: o.Seed << 32}
	for n := range p.frequency {
		p.frequency[n] = math.Pow(float64(realCounts[n]), o.Imbalance)
	}
	p.addSet(Train, o.Train, 0, o.Least)
	p.addSet(External, o.External, o.Duplicates, 0)
	p.addSet(Test, o.Test, o.Leaks, 0)
	return p.list, nil
}

type planner struct {
	options   PlanOptions
	draw      *rand.Rand
	seed      uint64
	frequency [len(realCounts)]float64
	list      []Planned
}

// addSet adds n samples, of which a share are copies of earlier ones.
func (p *planner) addSet(set string, n int, copies float64, least int) {
	earlier := len(p.list)
	firsts := p.firstLabels(n, least)
	for i := range n {
		s := Planned{ID: p.id(set), Set: set}
		if p.draw.Float64() < copies && earlier > 0 {
			of := p.list[p.draw.IntN(earlier)]
			s.Labels, s.Seed, s.CopyOf = of.Labels, of.Seed, of.ID
		} else {
			p.seed++
			s.Labels, s.Seed = p.labels(firsts[i]), p.seed
		}
		p.list = append(p.list, s)
	}
}

// firstLabels gives each of n samples a label: each label by its frequency, but
// least times at least, where there is room. The order is random.
func (p *planner) firstLabels(n, least int) []int {
	least = min(least, n/len(p.frequency))
	var sum float64
	for _, f := range p.frequency {
		sum += f
	}
	var list []int
	for label, f := range p.frequency {
		for range max(least, int(float64(n)*f/sum)) {
			list = append(list, label)
		}
	}
	p.shuffle(list)
	// Cut what is too many from the labels that have more than the least.
	count := map[int]int{}
	for _, label := range list {
		count[label]++
	}
	kept := list[:0]
	excess := len(list) - n
	for _, label := range list {
		if excess > 0 && count[label] > least {
			excess--
			count[label]--
			continue
		}
		kept = append(kept, label)
	}
	for len(kept) < n {
		kept = append(kept, p.label())
	}
	p.shuffle(kept)
	return kept
}

func (p *planner) shuffle(list []int) {
	p.draw.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
}

// label draws a label by its frequency.
func (p *planner) label() int { return weighted(p.draw, p.frequency[:]) }

// labels adds to a label as many as real samples have.
func (p *planner) labels(first int) data.Labels {
	var counts [len(realLabels)]float64
	for i, n := range realLabels {
		counts[i] = float64(n)
	}
	set := data.LabelsOf(first)
	for want := 1 + weighted(p.draw, counts[:]); set.Len() < want; {
		set |= data.LabelsOf(p.label())
	}
	return set
}

func weighted(draw *rand.Rand, weights []float64) int {
	var sum float64
	for _, w := range weights {
		sum += w
	}
	at := draw.Float64() * sum
	for i, w := range weights {
		if at -= w; at < 0 {
			return i
		}
	}
	return len(weights) - 1
}

// id makes up an Id that no other sample has.
func (p *planner) id(set string) string {
	if set == External {
		n := len(p.list)
		return fmt.Sprintf("%d_%d_%c%d_%d", 1000+n/96, 10+p.draw.IntN(90), 'A'+rune(n%96/12), 1+n%12, 1+p.draw.IntN(2))
	}
	return fmt.Sprintf("%08x-%04x-11e8-%04x-%012x", p.draw.Uint32(), p.draw.IntN(1<<16), len(p.list)&0xffff, p.draw.Uint64()>>16)
}
