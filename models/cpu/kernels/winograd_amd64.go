//go:build !purego

package kernels

// The transforms for AVX-512 take pairs of tiles, to AVX2's bits; a last single one,
// and tiles that do not lie as they need, are AVX2's.

type transform = func(n int, out *float32, outRow, outCol, outNext int, in *float32, inRow, inCol, inNext int)

// inPairs does tiles by a pair's transform, where those written follow each other if
// they must, and the rest by a single one's.
func inPairs(pairs, single transform, follow bool) transform {
	return func(n int, out *float32, outRow, outCol, outNext int, in *float32, inRow, inCol, inNext int) {
		done := 0
		if n > 1 && (!follow || outNext == laneBytes) {
			pairs(n/2, out, outRow, outCol, outNext, in, inRow, inCol, inNext)
			done = n / 2 * 2
		}
		if done < n {
			single(n-done, value(out, done*outNext), outRow, outCol, outNext, value(in, done*inNext), inRow, inCol, inNext)
		}
	}
}

// outputInPairs is winogradOutput, of which pairs read tiles that follow each other.
func outputInPairs(n int, out *float32, outRow, outCol, outNext int, in *float32, inRow, inCol, inNext int, bias, res *float32, relu int) {
	done := 0
	if n > 1 && inNext == laneBytes {
		wideWinogradOutput(n/2, out, outRow, outCol, outNext, in, inRow, inCol, inNext, bias, res, relu)
		done = n / 2 * 2
	}
	if done == n {
		return
	}
	if res != nil {
		res = value(res, done*outNext)
	}
	winogradOutput(n-done, value(out, done*outNext), outRow, outCol, outNext, value(in, done*inNext), inRow, inCol, inNext, bias, res, relu)
}
