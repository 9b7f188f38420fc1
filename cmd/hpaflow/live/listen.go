package live

import (
	"fmt"
	"net"
)

// Listen listens at an address as --http means it: a port alone is one of this machine's
// own. What else is served by the same rule goes behind OnlyHosts.
func Listen(given string) (net.Listener, error) {
	addr, err := listenAddress(given)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("--http: %w", err)
	}
	return l, nil
}

// Reachable is the address that a browser on this machine can be pointed at, and whether
// others can reach it, too.
func Reachable(l net.Listener) (address string, open bool) {
	tcp, ok := l.Addr().(*net.TCPAddr)
	if ok && tcp.IP.IsUnspecified() {
		return fmt.Sprintf("localhost:%d", tcp.Port), true
	}
	return l.Addr().String(), !ok || !tcp.IP.IsLoopback()
}
