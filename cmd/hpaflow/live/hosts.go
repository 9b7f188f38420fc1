package live

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// listenAddress is the address that --http means. A port alone is one of this
// machine's own: who wants to be reached over the network writes an address.
func listenAddress(given string) (string, error) {
	if _, err := strconv.ParseUint(given, 10, 16); err == nil {
		given = ":" + given
	}
	host, port, err := net.SplitHostPort(given)
	if err != nil {
		return "", fmt.Errorf("--http is %q, want :6060, or an address and a port such as 0.0.0.0:6060", given)
	}
	if host == "" {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port), nil
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

// OnlyHosts lets through requests to the names that the server has: those of
// this machine, any address, where one was given, and the name that was. So
// no page of another site can read here by a name that leads to this machine.
func OnlyHosts(given string, next http.Handler) http.Handler {
	names := []string{"localhost", "127.0.0.1", "::1"}
	host, _, _ := net.SplitHostPort(given) // it has been listened on
	if host != "" {
		names = append(names, strings.ToLower(host))
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked := r.Host
		if h, _, err := net.SplitHostPort(asked); err == nil {
			asked = h
		}
		asked = strings.ToLower(strings.Trim(asked, "[]"))
		if !slices.Contains(names, asked) && (host == "" || !isAddress(asked)) {
			http.Error(w, "this server does not go by that name; ask for localhost or the address given to --http", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}
