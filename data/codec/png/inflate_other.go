//go:build !amd64 || purego

package png

func (z *inflater) quick(n int) (done bool, err error) { return z.quickGo(n) }
