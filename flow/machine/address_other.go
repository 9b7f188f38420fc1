//go:build !linux && !darwin

package machine

func addressLimit() (bytes int64, limited bool) { return 0, false }
