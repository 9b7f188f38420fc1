package view

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"image"
	"net/http"
	"strconv"

	"hpaflow/cmd/hpaflow/view/tiles"
)

// noPicture stands for that of an image that cannot be decoded: the page knows it by its
// size, and asks why. An error would be one in the browser's log for each bad file.
var noPicture = image.NewRGBA(image.Rect(0, 0, 1, 3))

// tile is a small picture of a row.
func (s *server) tile(w http.ResponseWriter, r *http.Request) {
	k, err := s.placeOf(r)
	if err != nil {
		refuse(w, r, err)
		return
	}
	side, err := number(r, "side", 4096)
	if err != nil {
		refuse(w, r, err)
		return
	}
	look, err := tiles.ParseLook(r.URL.Query().Get("look"))
	if err != nil {
		refuse(w, r, fault{err})
		return
	}
	picture := noPicture
	if small, err := s.tiles.Small(r.Context(), k, side); err == nil {
		picture = small.Picture(look)
	} else if r.Context().Err() != nil {
		return
	}
	var b bytes.Buffer
	if err := tiles.WritePNG(&b, picture); err != nil {
		refuse(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "image/png")
	w.Header().Set("Content-Length", strconv.Itoa(b.Len()))
	w.Header().Set("Cache-Control", "private, max-age=60")
	w.Write(b.Bytes()) // whoever asked may be gone
}

// why tells why a row has no picture.
func (s *server) why(r *http.Request) (any, error) {
	k, err := s.placeOf(r)
	if err == nil {
		_, err = s.tiles.Small(r.Context(), k, tiles.Sides[0])
	}
	text := ""
	if err != nil {
		text = err.Error()
	}
	return map[string]string{"why": text}, nil
}

// pixels are those of a part of a row's image, as they are: the length of a head, 4 bytes,
// little-endian; the head, JSON; then plane after plane.
func (s *server) pixels(w http.ResponseWriter, r *http.Request) {
	k, err := s.placeOf(r)
	var at [5]int
	for i, name := range []string{"x", "y", "w", "h", "step"} {
		if err == nil {
			at[i], err = number(r, name, 1<<24)
		}
	}
	if err != nil {
		refuse(w, r, err)
		return
	}
	whole, err := s.tiles.Whole(r.Context(), k)
	if err != nil {
		refuse(w, r, err)
		return
	}
	im := whole.Sample.Image
	region := tiles.Region{X: at[0], Y: at[1], Width: at[2], Height: at[3], Step: at[4]}
	if region.Width == 0 {
		region.Width, region.Height = im.Width, im.Height
	}
	if region, err = region.Fit(im, mostPixels); err != nil {
		refuse(w, r, fault{err})
		return
	}
	width, height := region.Size()
	head, err := json.Marshal(map[string]any{
		"imageWidth": im.Width, "imageHeight": im.Height, "depth": im.Depth(), "bits": whole.Bits, "planes": whole.Names,
		"x": region.X, "y": region.Y, "step": region.Step, "width": width, "height": height, "stats": whole.Stats,
	})
	if err != nil {
		refuse(w, r, err)
		return
	}
	b := binary.LittleEndian.AppendUint32(nil, uint32(len(head)))
	b = append(b, head...)
	for len(b)%4 != 0 { // so that what follows is aligned
		b = append(b, ' ')
	}
	binary.LittleEndian.PutUint32(b, uint32(len(b)-4))
	for _, p := range im.Planes {
		b = region.AppendPlane(b, p, im.Width)
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Write(b) // whoever asked may be gone
}

// histogram counts the values of each plane of a row's image.
func (s *server) histogram(r *http.Request) (any, error) {
	k, err := s.placeOf(r)
	if err != nil {
		return nil, err
	}
	whole, err := s.tiles.Whole(r.Context(), k)
	if err != nil {
		return nil, err
	}
	type plane struct {
		Name   string   `json:"name"`
		Min    int      `json:"min"`
		Max    int      `json:"max"`
		Counts [256]int `json:"counts"`
	}
	var a struct {
		Bits   int     `json:"bits"`
		Planes []plane `json:"planes"`
	}
	a.Bits = whole.Bits
	for i, p := range whole.Sample.Image.Planes {
		one := plane{Name: whole.Names[i], Counts: tiles.Histogram(p, whole.Bits)}
		if p.U8 != nil {
			one.Min, one.Max = ends(p.U8)
		} else {
			one.Min, one.Max = ends(p.U16)
		}
		a.Planes = append(a.Planes, one)
	}
	return a, nil
}

func ends[T uint8 | uint16](values []T) (least, most int) {
	low, high := values[0], values[0]
	for _, v := range values {
		low, high = min(low, v), max(high, v)
	}
	return int(low), int(high)
}
