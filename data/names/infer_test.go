package names_test

import (
	"fmt"
	"testing"

	"hpaflow/data"
	"hpaflow/data/names"
)

// What is proposed for names that nobody has described.
func TestPropose(t *testing.T) {
	each := func(format string, channels ...string) (list []string) {
		for plate := range 2 {
			for well := range 12 {
				for _, c := range channels {
					list = append(list, fmt.Sprintf(format, plate, well, c))
				}
			}
		}
		return list
	}
	for _, c := range []struct {
		list []string
		want string
	}{
		{each("p%d/%02d_%s.png", data.Colours[:]...), names.Default},
		{each("P%d_A%02d_s1_%s.tif", "w1", "w2"), "imagexpress"},
		{each("exp%d-%03d-%s.tif", "DAPI", "GFP", "Cy5"), "{id}-{channel}"},
		{each("%d_%02d_C%s_max.tif", "01", "02", "03"), "{id}_{channel:C[0-9]+}_max"},
		{each("%[3]s_plate%[1]d_field%[2]d.jpg", "dapi", "gfp"), "{channel:dapi|gfp}_{id}"},
		{append(each("s%d.%d.%s.z01.png", "c0", "c1"), each("s%d.%d.%s.z02.png", "c0", "c1")...), "{id}.{channel:c[0-9]+}.z{z}"},
		{each("x/%[3]s/img%[1]d_%[2]d.tif", "DAPI", "FITC"), "{channel}/{id}"},
		{[]string{"a.png", "b.png", "notes.txt"}, ""},
		{nil, ""},
	} {
		p := names.Propose(c.list, data.Colours[:])
		if got := name(p); got != c.want {
			t.Errorf("%v...: %s, want %s", c.list[:min(2, len(c.list))], got, c.want)
		}
	}
}

func name(p *names.Pattern) string {
	if p == nil {
		return ""
	}
	return p.Name()
}
