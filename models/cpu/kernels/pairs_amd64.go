//go:build !purego

package kernels

// The loops over tokens for AVX-512 take pairs of vectors; a single one is AVX2's.

func wideGELUTo(n int, y, x *float32) {
	if n > 1 {
		wideTokenGELUTo(n/2, y, x)
	}
	if last := (n - 1) * laneBytes; n%2 > 0 {
		tokenGELUTo(1, value(y, last), value(x, last))
	}
}

func wideGELU(n int, y *float32) { wideGELUTo(n, y, y) }

func wideGELUBack(n int, dx, dy, x *float32) {
	if n > 1 {
		wideTokenGELUBack(n/2, dx, dy, x)
	}
	if last := (n - 1) * laneBytes; n%2 > 0 {
		tokenGELUBack(1, value(dx, last), value(dy, last), value(x, last))
	}
}

func softmax(tokens, blocks int, scores *float32, width int, own *float32) {
	tokenSoftmax(tokens, tokens*laneBytes, blocks, scores, width, own)
}

func wideSoftmax(tokens, blocks int, scores *float32, width int, own *float32) {
	if tokens > 1 {
		wideTokenSoftmax(tokens/2, tokens*laneBytes, blocks, scores, width, own)
	}
	if last := (tokens - 1) * laneBytes; tokens%2 > 0 {
		tokenSoftmax(1, tokens*laneBytes, blocks, value(scores, last), width, value(own, last))
	}
}
