package buffers

import (
	"testing"

	"pgregory.net/rapid"
)

// TestPlace: whatever is read when, each step finds in its buffers the results
// that it reads, of the image that it is for, as large as they are, and those that
// are kept are there at the end.
func TestPlace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const images = 2
		values := []int{0}
		var steps []Step
		part := 0
		for range rapid.IntRange(1, 20).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "new part") {
				part++
			}
			s := Step{Part: part, In: rapid.SliceOfN(rapid.IntRange(0, len(values)-1), 1, 3).Draw(t, "in")}
			if rapid.Bool().Draw(t, "in place") {
				s.InPlace = s.In[len(s.In)-1]
			}
			for range rapid.IntRange(1, 2).Draw(t, "out") {
				s.Out = append(s.Out, len(values))
				values = append(values, rapid.IntRange(1, 4).Draw(t, "values"))
			}
			steps = append(steps, s)
		}
		kept := rapid.SliceOfN(rapid.IntRange(1, len(values)-1), 1, 3).Draw(t, "kept")
		of, sizes := Place(steps, values, kept...)
		crossing := Crossing(steps, len(values), kept...)
		holds := make([][images]int, len(sizes)) // the result that is in each buffer, by image
		check := func(result, image int) {
			if result == 0 {
				return
			}
			for i, h := range holds[of[result]] {
				if h != result && (i == image || !crossing[result]) || sizes[of[result]] < values[result] {
					t.Fatalf("result %d of %d values is read from buffer %d of %d, which holds %d of image %d", result, values[result], of[result], sizes[of[result]], h, i)
				}
			}
		}
		write := func(result, image int) {
			for i := range images { // what is of some images overwrites the first of all
				if i == image || !crossing[result] {
					holds[of[result]][i] = result
				}
			}
		}
		for first := 0; first < len(steps); {
			end := first
			for image := range images {
				for end = first; end < len(steps) && steps[end].Part == steps[first].Part; end++ {
					s := steps[end]
					for _, in := range s.In {
						check(in, image)
					}
					for k, out := range s.Out {
						for _, in := range s.In {
							if in != 0 && of[in] == of[out] && (k > 0 || in != s.InPlace) {
								t.Fatalf("result %d is written over %d, which the step reads", out, in)
							}
						}
						write(out, image)
					}
				}
			}
			first = end
		}
		for _, k := range kept {
			for image := range images {
				check(k, image)
			}
		}
	})
}

// TestArrange: what is needed at the same moment lies apart, and no more is taken
// than when everything does.
func TestArrange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spans := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Span {
			from := rapid.IntRange(0, 20).Draw(t, "from")
			return Span{rapid.IntRange(1, 100).Draw(t, "size"), from, rapid.IntRange(from, 25).Draw(t, "to")}
		}), 0, 40).Draw(t, "spans")
		at, size := Arrange(spans)
		all := 0
		for i, s := range spans {
			all += (s.Size + line - 1) / line * line
			if at[i] < 0 || at[i]+s.Size > size || at[i]%line != 0 {
				t.Fatalf("%v lies at %d of %d", s, at[i], size)
			}
			for j, o := range spans[:i] {
				if s.From <= o.To && o.From <= s.To && at[i] < at[j]+o.Size && at[j] < at[i]+s.Size {
					t.Fatalf("%v at %d and %v at %d overlap", s, at[i], o, at[j])
				}
			}
		}
		if size > all {
			t.Fatalf("%d values for %d", size, all)
		}
	})
}
