package codec_test

import (
	"fmt"
	"log"

	"hpaflow/data"
	"hpaflow/data/codec"
)

// Four planes become one RGBA PNG and come back as they were: yellow is no
// alpha, so nothing is premultiplied.
func Example() {
	im := data.NewImage(2, 1, 4, 8)
	for p, values := range [][]uint8{{200, 7}, {100, 0}, {50, 255}, {0, 3}} {
		copy(im.Planes[p].U8, values)
	}
	png, err := codec.AppendRGBY(nil, im)
	if err != nil {
		log.Fatal(err)
	}
	claim, err := codec.ReadClaim("cell.png", png) // of the header alone
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(claim.Width, "x", claim.Height)

	back, err := codec.DecodeChannels("cell.png", png)
	if err != nil {
		log.Fatal(err)
	}
	for p, plane := range back.Planes {
		fmt.Println(data.Colours[p], plane.U8)
	}
	_, err = codec.Decode("cell.tif", png)
	fmt.Println(err)
	_, err = codec.Decode("cell.png", png[:len(png)-9])
	fmt.Println(err)
	// Output:
	// 2 x 1
	// red [200 7]
	// green [100 0]
	// blue [50 255]
	// yellow [0 3]
	// is named .tif but holds a PNG image
	// png: unexpected EOF
}
