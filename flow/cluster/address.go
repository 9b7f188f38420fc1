package cluster

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// Address is where a broker is, and how to get in.
type Address struct {
	URL    string // nats:// or tls://, several parted by commas
	Secret string // file of a token, an nkey's seed or credentials; empty: none is asked for
	CA     string // file of certificates that the broker's is signed by; empty: the system's
}

// The files in the folder of a broker.
const (
	endpointName = "endpoint"
	tokenName    = "token"
	caName       = "ca.pem"
)

// Resolve reads what was given as a cluster: a URL, or @DIR for a broker that was
// started on this machine, or on one that shares the folder. A secret and
// certificates that are given go before those in the folder.
func Resolve(given, secret, ca string) (Address, error) {
	a := Address{URL: given, Secret: secret, CA: ca}
	if dir, ok := strings.CutPrefix(given, "@"); ok {
		dir, err := filepath.Abs(dir)
		if err != nil {
			return a, err
		}
		text, err := os.ReadFile(filepath.Join(dir, endpointName))
		if errors.Is(err, fs.ErrNotExist) {
			return a, fmt.Errorf("%s has no file %s: start a broker with hpaflow cluster serve --dir %s", dir, endpointName, dir)
		}
		if err != nil {
			return a, err
		}
		a.URL = strings.TrimSpace(string(text))
		for name, to := range map[string]*string{tokenName: &a.Secret, caName: &a.CA} {
			if path := filepath.Join(dir, name); *to == "" && isFile(path) {
				*to = path
			}
		}
	}
	for _, file := range []*string{&a.Secret, &a.CA} {
		if *file == "" {
			continue
		}
		path, err := filepath.Abs(*file)
		if err != nil {
			return a, err
		}
		if !isFile(path) {
			return a, fmt.Errorf("there is no file %s", path)
		}
		*file = path
	}
	for one := range strings.SplitSeq(a.URL, ",") {
		u, err := url.Parse(strings.TrimSpace(one))
		if err != nil || u.Host == "" || u.Scheme != "nats" && u.Scheme != "tls" {
			return a, fmt.Errorf("%q is no cluster: want nats://HOST:4222, tls://HOST:4222, or @DIR, the folder of hpaflow cluster serve", given)
		}
		if u.User != nil {
			return a, fmt.Errorf("a secret does not belong into the address of a cluster, where others see it: put it into a file, and name that by --token-file")
		}
	}
	return a, nil
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// readSecret reads a file that holds a secret.
func readSecret(path string) (string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	secret := string(bytes.TrimSpace(b))
	if secret == "" {
		return "", fmt.Errorf("%s is empty, and should hold a secret", path)
	}
	return secret, nil
}

// trusting is a TLS configuration by which certificates are checked.
func trusting(ca string) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if ca == "" {
		return c, nil
	}
	b, err := os.ReadFile(ca)
	if err != nil {
		return nil, err
	}
	c.RootCAs = x509.NewCertPool()
	if !c.RootCAs.AppendCertsFromPEM(b) {
		return nil, fmt.Errorf("%s holds no certificates", ca)
	}
	return c, nil
}
