package images

import (
	"fmt"
	"slices"
	"sync/atomic"

	"hpaflow/data"
	"hpaflow/data/codec"
	"hpaflow/flow/component"
)

// choiceFields say what is taken of files that hold more than one image, and what
// becomes of pixels that are neither of 8 nor of 16 bits without a sign.
func choiceFields() []component.Field {
	text := func(parse func(string) error) func(any) error {
		return func(v any) error { return parse(v.(string)) }
	}
	return []component.Field{
		{Name: "range", Type: component.String, Default: "",
			Check: text(func(s string) error { _, err := codec.ParseRange(s); return err }),
			Doc: `how pixels that are signed, of 32 or 64 bits or floating-point become 16 bits: "min-max" or "percentile 0.1 99.9", each plane by itself; ` +
				`"LO HI", what becomes 0 and 65535; "full", all that the type can hold, 0 to 1 for floating-point; empty: they are refused. Others stay as they are`},
		{Name: "z", Type: component.String, Default: "",
			Check: text(func(s string) error { _, err := codec.ParsePick(s, false); return err }),
			Doc:   `of a file with several slices: "max", the brightest of each pixel; "mean"; a number from 0; "all", each slice a sample ID_z003; empty: they are refused`},
		{Name: "t", Type: component.String, Default: "",
			Check: text(func(s string) error { _, err := codec.ParsePick(s, true); return err }),
			Doc:   `of a file with several times: a number from 0; "all", each time a sample ID_t003; empty: they are refused`},
	}
}

func choiceOf(a component.Args) (c codec.Choice, err error) {
	if c.Range, err = codec.ParseRange(a.String("range")); err != nil {
		return c, err
	}
	if c.Z, err = codec.ParsePick(a.String("z"), false); err != nil {
		return c, err
	}
	c.T, err = codec.ParsePick(a.String("t"), true)
	return c, err
}

// found is what a run should know of its images: how many bits those of 16 fill, as
// cameras have 10, 12 or 14, and how many channels were pictures in colours. It is safe
// for concurrent use.
type found struct {
	note   func(text string)
	images atomic.Int64 // of 16 bits
	most   atomic.Uint32
	greyed atomic.Int64
}

// saw takes an image in. Once one has more than 14 bits there is no need to look.
func (d *found) saw(im *data.Image, greyed int64) {
	d.greyed.Add(greyed)
	if im.Depth() != 16 {
		return
	}
	d.images.Add(1)
	for _, p := range im.Planes {
		known := d.most.Load()
		if known >= 1<<14 {
			return
		}
		most := uint32(slices.Max(p.U16))
		for most > known && !d.most.CompareAndSwap(known, most) {
			known = d.most.Load()
		}
	}
}

// tell says what was found, if it is less than 16 bits, or in colours.
func (d *found) tell() {
	if n := d.greyed.Load(); n > 0 {
		d.note(fmt.Sprintf("%d files in colours were made grey, as Pillow's L (.299 red, .587 green, .114 blue); hpa-images.flow takes each its own colour's plane", n))
	}
	most := d.most.Load()
	if d.images.Load() == 0 || most >= 1<<14 {
		return
	}
	d.note(fmt.Sprintf("16-bit images with values up to %d: they use %d bits, and stay as they are", most, data.UsedBits(uint16(most))))
}
