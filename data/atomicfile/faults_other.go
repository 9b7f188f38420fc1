//go:build !unix

package atomicfile

const openNonblock = 0

func isNoReader(error) bool    { return false }
func isUnsupported(error) bool { return false }
func isOfName(error) bool      { return false }
