package buffers

import (
	"testing"

	"pgregory.net/rapid"
)

// TestPlace: whatever is read when, each step finds in its buffers the results
// that it reads, as large as they are, and those that are kept are there at the end.
func TestPlace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := []int{0}
		var steps []Step
		for range rapid.IntRange(1, 20).Draw(t, "steps") {
			s := Step{In: rapid.SliceOfN(rapid.IntRange(0, len(values)-1), 1, 3).Draw(t, "in")}
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
		holds := make([]int, len(sizes)) // the result that is in each buffer
		check := func(result int) {
			if result != 0 && (holds[of[result]] != result || sizes[of[result]] < values[result]) {
				t.Fatalf("result %d of %d values is read from buffer %d of %d, which holds %d", result, values[result], of[result], sizes[of[result]], holds[of[result]])
			}
		}
		for _, s := range steps {
			for _, in := range s.In {
				check(in)
			}
			for k, out := range s.Out {
				for _, in := range s.In {
					if in != 0 && of[in] == of[out] && (k > 0 || in != s.InPlace) {
						t.Fatalf("result %d is written over %d, which the step reads", out, in)
					}
				}
				holds[of[out]] = out
			}
		}
		for _, k := range kept {
			check(k)
		}
	})
}
