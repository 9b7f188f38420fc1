package pages

const (
	valueBytes = 4
	huge       = 2 << 20 // bytes; smaller slices hold no whole huge page
)

// Make makes a slice of n zeros.
func Make(n int) []float32 {
	v := make([]float32, n)
	if n*valueBytes >= huge {
		advise(v)
	}
	return v
}
