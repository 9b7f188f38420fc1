package tiles

import (
	"context"
	"fmt"
	"runtime"
	"slices"

	"hpaflow/data"
	"hpaflow/data/pixel"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/images"
)

// Sides are the sides that small pictures may have, of the longer one, in pixels.
var Sides = []int{64, 96, 128, 160, 192, 256, 320, 384, 512}

// SideFor is the smallest of Sides that is no smaller.
func SideFor(pixels int) int {
	i, _ := slices.BinarySearch(Sides, pixels)
	return Sides[min(i, len(Sides)-1)]
}

// Finder gives the sample whose image is at a place.
type Finder func(ctx context.Context, input, image int) (*data.Sample, error)

// Store makes pictures and keeps them.
type Store struct {
	find   Finder
	limits component.Limits
	small  *lru[smallKey, *Small]
	whole  *lru[Key, *Whole]
	makers *queue[smallKey, *Small]
	opener *queue[Key, *Whole]
}

// Key is the image of an input.
type Key struct{ Input, Image int }

type smallKey struct {
	Key
	side int
}

// New keeps so many bytes, half of them of opened images.
func New(find Finder, bytes int64) *Store {
	s := &Store{find: find, small: newLRU[smallKey, *Small](bytes / 2), whole: newLRU[Key, *Whole](bytes / 2)}
	s.limits = (&component.Node{Graph: flow.New(flow.Options{})}).Limits()
	s.makers = newQueue(runtime.GOMAXPROCS(0), s.makeSmall)
	s.opener = newQueue(1, s.open)
	return s
}

// Small is a sample made small, planes in their own bits.
type Small struct {
	Image    *data.Image
	Stats    []Stat // by plane, of the whole image
	Names    []string
	Width    int // of the whole image
	Height   int
	Smallest int // bits that its largest value needs: 8 to 16
}

// Whole is a sample as it is.
type Whole struct {
	Sample *data.Sample
	Stats  []Stat
	Names  []string
	Bits   int
}

// Small gives a sample whose longer side is so many pixels, one of Sides.
func (s *Store) Small(ctx context.Context, k Key, side int) (*Small, error) {
	key := smallKey{k, SideFor(side)}
	if made, ok := s.small.get(key); ok {
		return made, nil
	}
	return s.makers.get(ctx, key)
}

// Whole gives a sample as it is.
func (s *Store) Whole(ctx context.Context, k Key) (*Whole, error) {
	if w, ok := s.whole.get(k); ok {
		return w, nil
	}
	return s.opener.get(ctx, k)
}

func (s *Store) open(k Key) (*Whole, error) {
	sample, err := s.decode(k)
	if err != nil {
		return nil, err
	}
	w := &Whole{Sample: sample, Stats: statsOf(sample.Image), Names: namesOf(sample)}
	w.Bits = bitsOf(w.Stats, sample.Image)
	s.whole.put(k, w, sample.Image.Bytes())
	return w, nil
}

func (s *Store) makeSmall(key smallKey) (*Small, error) {
	if made, ok := s.small.get(key); ok { // meanwhile
		return made, nil
	}
	sample, err := s.decode(key.Key)
	if err != nil {
		return nil, err
	}
	im := sample.Image
	made := &Small{Image: im, Stats: statsOf(im), Names: namesOf(sample), Width: im.Width, Height: im.Height}
	made.Smallest = bitsOf(made.Stats, im)
	if long := max(im.Width, im.Height); long > key.side {
		made.Image = pixel.Resample(im, max(1, im.Width*key.side/long), max(1, im.Height*key.side/long), pixel.Triangle)
	}
	s.small.put(key, made, made.Image.Bytes()+int64(len(made.Stats))*512)
	return made, nil
}

func (s *Store) decode(k Key) (*data.Sample, error) {
	ctx := context.Background() // others may wait for it
	sample, err := s.find(ctx, k.Input, k.Image)
	if err != nil {
		return nil, err
	}
	decoded, err := images.Decode(sample, images.NewReading(ctx, s.limits))
	if err != nil {
		return nil, err
	}
	return decoded, nil
}

func namesOf(s *data.Sample) []string { return data.PlaneNames(s.Planes, len(s.Image.Planes)) }

func bitsOf(stats []Stat, im *data.Image) int {
	if im.Depth() == 8 {
		return 8
	}
	var most uint16
	for _, s := range stats {
		most = max(most, s.Max)
	}
	return data.UsedBits(most)
}

// Percentiles are those that a contrast may be of.
var Percentiles = []float64{0, 0.1, 0.5, 1, 2, 5, 10, 25, 50, 75, 90, 95, 98, 99, 99.5, 99.8, 99.9, 100}

// Stat is what is known of a plane's values, by a part of its pixels.
type Stat struct {
	Min, Max uint16
	At       [18]uint16 // the Percentiles
}

// Percentile gives the value of one of Percentiles, or of the next above.
func (s *Stat) Percentile(p float64) uint16 {
	i, _ := slices.BinarySearch(Percentiles, p)
	return s.At[min(i, len(Percentiles)-1)]
}

// sampled is of how many pixels of a plane values are counted, about.
const sampled = 1 << 13

func statsOf(im *data.Image) []Stat {
	stats := make([]Stat, len(im.Planes))
	// every step-th pixel of every step-th row
	step := 1
	for im.Width/step*(im.Height/step) > 2*sampled {
		step++
	}
	var counts8 [256]int
	for i, p := range im.Planes {
		var values []uint16
		clear(counts8[:])
		total := 0
		for y := step / 2; y < im.Height; y += step {
			for x := y*im.Width + step/2; x < (y+1)*im.Width; x += step {
				if p.U8 != nil {
					counts8[p.U8[x]]++
				} else {
					values = append(values, p.U16[x])
				}
				total++
			}
		}
		if p.U8 != nil {
			values = make([]uint16, 0, total)
			for v, n := range counts8 {
				for range n {
					values = append(values, uint16(v))
				}
			}
		} else {
			slices.Sort(values)
		}
		s := &stats[i]
		if total == 0 {
			continue
		}
		s.Min, s.Max = values[0], values[total-1]
		for j, q := range Percentiles {
			s.At[j] = values[min(total-1, int(q/100*float64(total-1)+0.5))]
		}
	}
	return stats
}

// Histogram is how many pixels of a plane have values in each of 256 ranges of its bits.
func Histogram(p data.Plane, bits int) (counts [256]int) {
	for _, v := range p.U8 {
		counts[v]++
	}
	shift := max(0, bits-8)
	for _, v := range p.U16 {
		counts[min(255, int(v>>shift))]++
	}
	return counts
}

// Region is pixels of an image as they are, or every step-th of them in both directions.
type Region struct {
	X, Y, Width, Height int // of the whole image
	Step                int
}

// Fit keeps a region within an image, and to so many pixels.
func (r Region) Fit(im *data.Image, most int) (Region, error) {
	r.X, r.Y = max(0, r.X), max(0, r.Y)
	r.Width, r.Height = min(r.Width, im.Width-r.X), min(r.Height, im.Height-r.Y)
	if r.Width < 1 || r.Height < 1 {
		return r, fmt.Errorf("%d,%d is not in an image of %dx%d pixels", r.X, r.Y, im.Width, im.Height)
	}
	r.Step = max(1, r.Step)
	for ceil(r.Width, r.Step)*ceil(r.Height, r.Step) > most {
		r.Step++
	}
	return r, nil
}

// Size is how many pixels it has, side by side.
func (r Region) Size() (width, height int) { return ceil(r.Width, r.Step), ceil(r.Height, r.Step) }

func ceil(a, b int) int { return (a + b - 1) / b }

// AppendPlane appends the pixels of a plane, those of 16 bits little-endian.
func (r Region) AppendPlane(b []byte, p data.Plane, width int) []byte {
	for y := r.Y; y < r.Y+r.Height; y += r.Step {
		row := y * width
		if p.U8 != nil && r.Step == 1 {
			b = append(b, p.U8[row+r.X:row+r.X+r.Width]...)
			continue
		}
		for x := row + r.X; x < row+r.X+r.Width; x += r.Step {
			if p.U8 != nil {
				b = append(b, p.U8[x])
			} else {
				b = append(b, byte(p.U16[x]), byte(p.U16[x]>>8))
			}
		}
	}
	return b
}
