package component_test

import (
	"testing"

	"hpaflow/flow/component"
)

func TestParseSize(t *testing.T) {
	for text, want := range map[string]int64{"4096": 4096, "64KiB": 1 << 16, " 1.5 gb ": 1_500_000_000, "0": 0, "4 TiB": 4 << 40} {
		if n, err := component.ParseSize(text); err != nil || n != want {
			t.Errorf("%s: %d, %v, want %d", text, n, err, want)
		}
	}
	for _, text := range []string{"", "much", "-1", "nan", "NaNGiB", "inf", "+Inf", "1e300GB", "5000000TiB", "GiB"} {
		if n, err := component.ParseSize(text); err == nil {
			t.Errorf("%s: %d, want an error", text, n)
		}
	}
}
