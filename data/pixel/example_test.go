package pixel_test

import (
	"fmt"
	"log"

	"hpaflow/data"
	"hpaflow/data/pixel"
)

func picture() *data.Image {
	im := data.NewImage(4, 2, 1, 8)
	copy(im.Planes[0].U8, []uint8{0, 10, 20, 30, 40, 50, 60, 70})
	return im
}

// Functions on images yield new images, plane by plane.
func Example() {
	im := picture()
	turned := (pixel.Turn(1).Then(pixel.FlipUD)).Apply(im) // a quarter counter-clockwise, then upside down
	fmt.Println(turned.Width, turned.Height, turned.Planes[0].U8)
	fmt.Println(pixel.Bilinear(im, 2, 1).Planes[0].U8)                // as OpenCV does it
	fmt.Println(pixel.Resample(im, 2, 1, pixel.Lanczos).Planes[0].U8) // as Pillow does it

	sum, squares := pixel.Sums(im.Planes[0].U8)
	fmt.Println(sum, squares)
	x := make([]float32, 8)
	pixel.Normalise(x, im.Planes[0].U8, 35, 10)
	fmt.Println(x)
	// Output:
	// 2 4 [0 40 10 50 20 60 30 70]
	// [25 45]
	// [25 45]
	// 280 14000
	// [-3.5 -2.5 -1.5 -0.5 0.5 1.5 2.5 3.5]
}

// A chain of operations on one 8-bit image: loaded once, changed in place.
func ExamplePacked() {
	var p pixel.Packed
	if err := p.Load(picture(), pixel.FlipLR); err != nil {
		log.Fatal(err)
	}
	var brighter [256]uint8
	for v := range brighter {
		brighter[v] = uint8(min(v+100, 255))
	}
	p.Lookup(&brighter)
	fmt.Println(p.Image().Planes[0].U8)
	p.Warp(pixel.Rotation(1.5, .5, 180, 1)) // about the centre
	fmt.Println(p.Image().Planes[0].U8)
	// Output:
	// [130 120 110 100 170 160 150 140]
	// [140 150 160 170 100 110 120 130]
}
