//go:build !amd64 || purego

package deflate

func (z *Inflater) quick(n int) (done bool, err error) { return z.quickGo(n) }

func adlerSums(p []byte) (sum, weighted uint32) { return adlerSumsGo(p) }
