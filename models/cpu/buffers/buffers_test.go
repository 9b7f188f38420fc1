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
