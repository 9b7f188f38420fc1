//go:build unix

package jpeg

import (
	"strings"
	"testing"

	"hpaflow/data"
	"hpaflow/data/fence"
)

// TestStaysInside decodes from and to memory between fences.
func TestStaysInside(t *testing.T) {
	for name, b := range files(t) {
		if strings.HasPrefix(name, "refused") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			for _, enclose := range []func(testing.TB, []byte) []byte{fence.Start[byte], fence.End[byte]} {
				plane := func(h Header) data.Plane { return data.Plane{U8: enclose(t, make([]byte, h.Width*h.Height))} }
				err := Decode(enclose(t, b), func(h Header) (planes []data.Plane, err error) {
					for range h.Channels {
						planes = append(planes, plane(h))
					}
					return planes, nil
				})
				if err != nil {
					t.Fatal(err)
				}
				if err := DecodeGrey(enclose(t, b), func(h Header) (data.Plane, error) { return plane(h), nil }); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}
