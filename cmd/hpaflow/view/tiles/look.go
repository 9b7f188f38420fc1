package tiles

import (
	"fmt"
	"image"
	"image/png"
	"io"
	"math"
	"strconv"
	"strings"
	"sync"

	"hpaflow/data"
)

// Look is how planes are shown: those that are not named, in their usual colours.
type Look map[string]PlaneLook

// PlaneLook is how a plane is shown. Values between two percentiles go from black to the
// colour; Full goes from 0 to what its bits hold.
type PlaneLook struct {
	Off       bool
	Colour    [3]uint8
	Low, High float64 // percentiles
	Full      bool
	Gamma     float64
}

// usual are the colours of planes, by name, and of others in turn.
var usual = map[string][3]uint8{"red": {255, 0, 0}, "green": {0, 255, 0}, "blue": {0, 90, 255}, "yellow": {255, 255, 0}}

var turns = [][3]uint8{{0, 200, 255}, {255, 0, 200}, {255, 255, 0}, {0, 255, 0}, {255, 80, 0}, {120, 80, 255}, {255, 255, 255}}

// Usual is how a plane is shown of which nobody says anything; alone: it is the only one.
func Usual(name string, place int, alone bool) PlaneLook {
	l := PlaneLook{Low: 0.1, High: 99.8, Gamma: 1}
	if alone {
		l.Colour = [3]uint8{255, 255, 255}
	} else if c, ok := usual[strings.ToLower(name)]; ok {
		l.Colour = c
	} else {
		l.Colour = turns[place%len(turns)]
	}
	return l
}

// ParseLook reads a look from an address: planes separated by semicolons, each
// NAME,COLOUR,LOW,HIGH,GAMMA, or NAME,off; the name as in an address, percent-encoded
// where it has commas or semicolons.
func ParseLook(text string) (Look, error) {
	l := Look{}
	if text == "" {
		return l, nil
	}
	bad := fmt.Errorf("the look %.100q is none", text)
	planes := strings.Split(text, ";")
	if len(planes) > 64 {
		return nil, bad
	}
	for _, one := range planes {
		words := strings.Split(one, ",")
		name := unescape(words[0])
		switch {
		case len(words) == 2 && words[1] == "off":
			l[name] = PlaneLook{Off: true}
			continue
		case len(words) != 5:
			return nil, bad
		}
		var p PlaneLook
		colour, err := strconv.ParseUint(words[1], 16, 24)
		if err != nil || len(words[1]) != 6 {
			return nil, bad
		}
		p.Colour = [3]uint8{uint8(colour >> 16), uint8(colour >> 8), uint8(colour)}
		if words[3] == "full" {
			p.Full = true
		} else if p.High, err = strconv.ParseFloat(words[3], 64); err != nil || !(p.High >= 0 && p.High <= 100) {
			return nil, bad
		}
		if p.Low, err = strconv.ParseFloat(words[2], 64); err != nil || !(p.Low >= 0 && p.Low <= 100) {
			return nil, bad
		}
		if p.Gamma, err = strconv.ParseFloat(words[4], 64); err != nil || !(p.Gamma >= 0.1 && p.Gamma <= 10) {
			return nil, bad
		}
		l[name] = p
	}
	return l, nil
}

func unescape(s string) string {
	for code, c := range map[string]string{"%2C": ",", "%3B": ";"} {
		s = strings.ReplaceAll(s, code, c)
	}
	return strings.ReplaceAll(s, "%25", "%")
}

// of is how a plane is shown.
func (l Look) of(name string, place, planes int) PlaneLook {
	if p, ok := l[name]; ok {
		return p
	}
	return Usual(name, place, planes == 1)
}

// Range are the values that become black and the full colour.
func (p PlaneLook) Range(s *Stat, bits int) (low, high float64) {
	if p.Full {
		return 0, float64(int(1)<<bits - 1)
	}
	low, high = float64(s.Percentile(p.Low)), float64(s.Percentile(p.High))
	if high <= low { // flat, or nearly: as bright as its values are, of its bits
		return 0, float64(int(1)<<bits - 1)
	}
	return low, high
}

// Picture puts the planes of a small sample together, each in its colour.
func (s *Small) Picture(look Look) *image.RGBA {
	w, h := s.Image.Width, s.Image.Height
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	sums := make([]uint16, 3*w*h)
	for i, p := range s.Image.Planes {
		pl := look.of(s.Names[i], i, len(s.Image.Planes))
		if !pl.Off {
			low, high := pl.Range(&s.Stats[i], s.Smallest)
			add(sums, p, pl, low, high)
		}
	}
	for i := range w * h {
		for c := range 3 {
			out.Pix[4*i+c] = uint8(min(255, sums[3*i+c]))
		}
		out.Pix[4*i+3] = 255
	}
	return out
}

// shades is how many steps there are between black and the full colour.
const shades = 1024

// add adds a plane's light, shade by shade.
func add(sums []uint16, p data.Plane, look PlaneLook, low, high float64) {
	var table [shades][3]uint16
	for i := range table {
		v := math.Pow(float64(i)/(shades-1), 1/look.Gamma)
		for c := range 3 {
			table[i][c] = uint16(v*float64(look.Colour[c]) + 0.5)
		}
	}
	scale := (shades - 1) / (high - low)
	shade := func(v float64) *[3]uint16 {
		return &table[int(max(0, min(shades-1, (v-low)*scale)))]
	}
	if p.U8 != nil {
		var direct [256]*[3]uint16
		for v := range direct {
			direct[v] = shade(float64(v))
		}
		for i, v := range p.U8 {
			t := direct[v]
			sums[3*i] += t[0]
			sums[3*i+1] += t[1]
			sums[3*i+2] += t[2]
		}
		return
	}
	for i, v := range p.U16 {
		t := shade(float64(v))
		sums[3*i] += t[0]
		sums[3*i+1] += t[1]
		sums[3*i+2] += t[2]
	}
}

// WritePNG writes a picture, uncompressed: it goes no further than this machine, mostly,
// and compressing it would take as long as decoding the sample.
func WritePNG(w io.Writer, im *image.RGBA) error {
	e := png.Encoder{CompressionLevel: png.NoCompression, BufferPool: pngBuffers}
	return e.Encode(w, im)
}

type bufferPool struct{ sync.Pool }

func (p *bufferPool) Get() *png.EncoderBuffer {
	b, _ := p.Pool.Get().(*png.EncoderBuffer)
	return b
}

func (p *bufferPool) Put(b *png.EncoderBuffer) { p.Pool.Put(b) }

var pngBuffers = &bufferPool{}
