package component

import (
	"fmt"
	"strconv"
	"strings"
)

// ParseSize reads a number of bytes: 4096, 64KiB, 1.5GB. Units of 1000 end in
// B, units of 1024 in iB; case does not matter.
func ParseSize(s string) (int64, error) {
	units := []struct {
		suffix string
		factor float64
	}{
		{"kib", 1 << 10}, {"mib", 1 << 20}, {"gib", 1 << 30}, {"tib", 1 << 40},
		{"kb", 1e3}, {"mb", 1e6}, {"gb", 1e9}, {"tb", 1e12}, {"b", 1}, {"", 1},
	}
	text := strings.ToLower(strings.TrimSpace(s))
	for _, u := range units {
		digits, ok := strings.CutSuffix(text, u.suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
		if err != nil || !(n >= 0 && n*u.factor <= 1<<62) { // NaN is neither
			break
		}
		return int64(n * u.factor), nil
	}
	return 0, fmt.Errorf("%q is not a size such as 64MiB or 2GB", s)
}

// FormatSize writes a number of bytes for people: 1.5 GiB.
func FormatSize(n int64) string {
	const units = "KMGTPE"
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	value, unit := float64(n)/1024, 0
	for value >= 1024 && unit < len(units)-1 {
		value, unit = value/1024, unit+1
	}
	return fmt.Sprintf("%.1f %ciB", value, units[unit])
}
