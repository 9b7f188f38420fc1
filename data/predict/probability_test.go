package predict

import (
	"math"
	"strconv"
	"testing"
)

// Probabilities are, to the bit, what strconv reads.
func FuzzProbability(f *testing.F) {
	for _, text := range []string{
		"", "0", "1", "0.1", ".5", "5.", "1.0000", "0.30000000000000004", "0.000000000000001", "00000000.1", "1.0000000000000002",
		"123456789012345", "0.123456789012345", "1e-3", "-0", "-0.1", "+1", "0x1p-2", "NaN", "Inf", "0.1.2", "0_1", " 1", "0.9999999999999999",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := probability(text)
		want, err := strconv.ParseFloat(text, 64)
		if wanted := err == nil && want >= 0 && want <= 1; ok != wanted {
			t.Fatalf("%q: %v, %v; want %v, %v", text, got, ok, want, wanted)
		}
		if ok && math.Float64bits(got) != math.Float64bits(want) {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	})
}
