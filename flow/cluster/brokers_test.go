package cluster

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A broker with a certificate speaks TLS alone, and its folder tells how to check
// it.
func TestTLS(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "broker"}, NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	cert, err := x509.CreateCertificate(rand.Reader, about, about, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir, files := t.TempDir(), t.TempDir()
	certFile, keyFile := filepath.Join(files, "cert.pem"), filepath.Join(files, "key.pem")
	err = errors.Join(os.WriteFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}), 0o600),
		os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	b, err := Serve(BrokerOptions{Dir: dir, Listen: "127.0.0.1:0", Cert: certFile, Key: keyFile})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	a, err := Resolve("@"+dir, "", "")
	if err != nil || !strings.HasPrefix(a.URL, "tls://127.0.0.1:") {
		t.Fatalf("%+v, %v", a, err)
	}
	c, err := Connect(t.Context(), a, "x", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Submit(t.Context(), someJob(time.Minute)); err != nil {
		t.Error(err)
	}
	a.CA = ""
	if c, err := Connect(t.Context(), a, "x", nil); err == nil {
		c.Close()
		t.Error("a certificate that nobody vouches for")
	}
}

// Three brokers are one as long as two of them live.
func TestThreeBrokers(t *testing.T) {
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("shared"), 0o600); err != nil {
		t.Fatal(err)
	}
	var listen, routes []string
	for range 3 {
		for _, list := range []*[]string{&listen, &routes} {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			*list = append(*list, l.Addr().String())
			l.Close()
		}
	}
	if _, err := Serve(BrokerOptions{Dir: t.TempDir(), Listen: listen[0], Routes: routes[0], Join: routes}); err == nil || !strings.Contains(err.Error(), "--token-file") {
		t.Errorf("brokers each with a token of its own: %v", err)
	}
	if _, err := Serve(BrokerOptions{Dir: t.TempDir(), Listen: listen[0], Routes: routes[0], Join: routes[:2], Secret: token}); err == nil || !strings.Contains(err.Error(), "3 or 5") {
		t.Errorf("two brokers: %v", err)
	}
	brokers, faults := make([]*Broker, 3), make(chan error, 3)
	var urls []string
	for k := range brokers {
		go func() {
			var err error
			brokers[k], err = Serve(BrokerOptions{Dir: filepath.Join(filepath.Dir(token), fmt.Sprint(k)), Listen: listen[k], Routes: routes[k], Join: routes, Secret: token})
			faults <- err
		}()
		urls = append(urls, "nats://"+listen[k])
	}
	for range brokers {
		if err := <-faults; err != nil {
			t.Fatal(err)
		}
	}
	closed := map[int]bool{}
	defer func() {
		for k, b := range brokers {
			if !closed[k] {
				b.Close()
			}
		}
	}()
	a, err := Resolve(strings.Join(urls, ","), token, "")
	if err != nil {
		t.Fatal(err)
	}
	c, err := Connect(t.Context(), a, "x", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	// patiently does what may have to wait for a new leader.
	patiently := func(what string, do func() error) {
		t.Helper()
		var err error
		for begun := time.Now(); time.Since(begun) < time.Minute; time.Sleep(100 * time.Millisecond) {
			if err = do(); err == nil {
				return
			}
		}
		t.Fatalf("%s: %v", what, err)
	}
	j := someJob(time.Minute)
	patiently("submit", func() error { return c.Submit(t.Context(), j) })
	patiently("queue", func() error { _, err := c.Queue(t.Context(), j.ID(), []int{1, 2, 3}); return err })
	var lease *Lease
	patiently("take", func() (err error) { lease, err = c.Take(t.Context(), j.ID(), time.Second); return err })
	if lease == nil {
		t.Fatal("no unit")
	}
	for k := range brokers { // the one that the client talks to
		if strings.Contains(c.nc.ConnectedUrl(), listen[k]) {
			closed[k] = true
			if err := brokers[k].Close(); err != nil {
				t.Fatal(err)
			}
			break // the client goes to another
		}
	}
	left := func(want int) {
		t.Helper()
		patiently("what is left", func() error {
			queued, err := c.Queued(t.Context(), j.ID())
			if err == nil && len(queued) != want {
				err = fmt.Errorf("%v is queued", queued)
			}
			return err
		})
	}
	left(3)
	if err := lease.Done(t.Context()); err != nil {
		t.Error(err)
	}
	left(2)
}
