package live

import (
	"fmt"
	"net"
	"net/http"
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

// OnlyHosts lets through requests to the names that a server at such an address has.
func OnlyHosts(given string, next http.Handler) http.Handler { return onlyHosts(given, next) }

// Reachable is the address that a browser on this machine can be pointed at, and whether
// others can reach it, too.
func Reachable(l net.Listener) (address string, open bool) {
	return reachable(l.Addr()), !loopback(l.Addr())
}
