package cluster

import (
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"hpaflow/data/atomicfile"
)

// BrokerOptions are those of a broker.
type BrokerOptions struct {
	Dir    string   // of its store and of what others read: address, token, certificate
	Listen string   // ADDRESS:PORT; empty: DefaultListen. Port 0: any that is free, and the same one next time
	Join   []string // brokers that make one cluster with it, ADDRESS:PORT of their Routes; its own may be among them
	Routes string   // where it listens for them; empty: 2000 above Listen's port
	Secret string   // file of the token; empty: DIR/token, which is made
	Cert   string   // file of the certificate, for TLS; empty: none
	Key    string   // and of its key
	CA     string   // what clients check it by; empty: the certificate itself

	Said func(text string) // told of what the broker complains of; may be nil
}

// DefaultListen is where a broker listens that is told nothing else.
const DefaultListen = "127.0.0.1:4222"

const startPatience = 20 * time.Second

// Broker is a server in this process.
type Broker struct {
	URL    string
	server *server.Server
	unlock func() error
}

// Serve starts a broker whose messages survive the death of the machine: every
// write is synced. It leaves its address and its token in its folder.
func Serve(o BrokerOptions) (_ *Broker, err error) {
	if o.Said == nil {
		o.Said = func(string) {}
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, err
	}
	unlock, err := atomicfile.Lock(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("%w: is another broker at work there?", err)
	}
	b := &Broker{unlock: unlock}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.Close())
		}
	}()
	host, port, err := o.listen()
	if err != nil {
		return nil, err
	}
	token, err := o.token()
	if err != nil {
		return nil, err
	}
	opts := &server.Options{
		Host: host, Port: port, Authorization: token,
		JetStream: true, StoreDir: filepath.Join(o.Dir, "store"), SyncAlways: true, JetStreamMaxMemory: 64 << 20,
		NoSigs: true, NoSystemAccount: false, MaxPayload: 8 << 20, PingInterval: pingEvery,
	}
	if port == 0 {
		opts.Port = server.RANDOM_PORT
	}
	scheme := "nats"
	if o.Cert != "" || o.Key != "" {
		pair, err := tls.LoadX509KeyPair(o.Cert, o.Key)
		if err != nil {
			return nil, fmt.Errorf("certificate and key for TLS: %w", err)
		}
		scheme, opts.TLS, opts.TLSTimeout = "tls", true, 5
		opts.TLSConfig = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	}
	if len(o.Join) > 0 {
		if err := o.join(opts, token); err != nil {
			return nil, err
		}
	}
	log := &complaints{said: o.Said}
	if b.server, err = server.NewServer(opts); err != nil {
		return nil, fmt.Errorf("broker: %w", err)
	}
	b.server.SetLogger(log, false, false)
	go b.server.Start()
	ready := false
	for begun := time.Now(); !ready && !log.fatal() && time.Since(begun) < startPatience; {
		ready = b.server.ReadyForConnections(100 * time.Millisecond)
	}
	if !ready {
		return nil, fmt.Errorf("broker at %s does not start: %s", net.JoinHostPort(host, strconv.Itoa(port)), log.last())
	}
	at := b.server.Addr().(*net.TCPAddr)
	if at.IP.IsUnspecified() { // others need a name
		if host, err = os.Hostname(); err != nil {
			return nil, err
		}
	}
	b.URL = fmt.Sprintf("%s://%s", scheme, net.JoinHostPort(host, strconv.Itoa(at.Port)))
	return b, o.leave(b.URL)
}

// Loopback says that only this machine reaches the broker.
func (b *Broker) Loopback() bool { return b.server.Addr().(*net.TCPAddr).IP.IsLoopback() }

// Close stops the broker. What it holds stays.
func (b *Broker) Close() error {
	if b.server != nil {
		b.server.Shutdown()
		b.server.WaitForShutdown()
	}
	return b.unlock()
}

// listen is the address to listen at. One with any port keeps the port that it had
// when it was last started, so that those who look for it find it.
func (o *BrokerOptions) listen() (host string, port int, err error) {
	given := o.Listen
	if given == "" {
		given = DefaultListen
	}
	host, text, err := net.SplitHostPort(given)
	if err == nil {
		port, err = strconv.Atoi(text)
	}
	if err != nil || host == "" || port < 0 || port > 65535 {
		return "", 0, fmt.Errorf("--listen is %q, want ADDRESS:PORT such as %s, or 0.0.0.0:4222 for the network", given, DefaultListen)
	}
	if before, err := os.ReadFile(filepath.Join(o.Dir, endpointName)); err == nil && port == 0 {
		if u, err := url.Parse(strings.TrimSpace(string(before))); err == nil && u.Port() != "" {
			port, _ = strconv.Atoi(u.Port())
		}
	}
	return host, port, nil
}

// token is the broker's. One is made at the first start.
func (o *BrokerOptions) token() (string, error) {
	path := o.Secret
	if path == "" {
		if len(o.Join) > 0 {
			return "", errors.New("brokers that join have one token: name its file by --token-file")
		}
		path = filepath.Join(o.Dir, tokenName)
		var made [24]byte
		rand.Read(made[:])
		f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err == nil {
			_, err = io.WriteString(f, hex.EncodeToString(made[:])+"\n")
			err = errors.Join(err, f.Close())
		}
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return "", err
		}
	}
	return readSecret(path)
}

// join makes the broker one of several.
func (o *BrokerOptions) join(opts *server.Options, token string) error {
	routes := o.Routes
	if routes == "" {
		if opts.Port <= 0 {
			return errors.New("--join wants --listen with a port, or --routes")
		}
		routes = net.JoinHostPort(opts.Host, strconv.Itoa(opts.Port+2000))
	}
	host, text, err := net.SplitHostPort(routes)
	if err != nil {
		return fmt.Errorf("--routes is %q, want ADDRESS:PORT", routes)
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		return fmt.Errorf("--routes is %q, want ADDRESS:PORT", routes)
	}
	opts.ServerName = "hpaflow-" + strings.NewReplacer(":", "-", ".", "-").Replace(routes)
	opts.Cluster = server.ClusterOpts{Name: "hpaflow", Host: host, Port: port, Username: "hpaflow", Password: token}
	if opts.TLS {
		opts.Cluster.TLSConfig = opts.TLSConfig.Clone()
		config, err := trusting(o.ca())
		if err != nil {
			return err
		}
		opts.Cluster.TLSConfig.RootCAs, opts.Cluster.TLSTimeout = config.RootCAs, 5
	}
	for _, one := range o.Join {
		one = strings.TrimSpace(one)
		if _, _, err := net.SplitHostPort(one); err != nil {
			one = net.JoinHostPort(one, text)
		}
		if one == routes {
			continue
		}
		opts.Routes = append(opts.Routes, &url.URL{Scheme: "nats-route", Host: one, User: url.UserPassword("hpaflow", token)})
	}
	if len(opts.Routes)%2 != 0 {
		return fmt.Errorf("%d brokers cannot outvote one: join 3 or 5", len(opts.Routes)+1)
	}
	return nil
}

func (o *BrokerOptions) ca() string {
	if o.CA != "" {
		return o.CA
	}
	return o.Cert
}

// leave leaves word for @DIR.
func (o *BrokerOptions) leave(address string) error {
	put := func(name, text string) error {
		return atomicfile.Write(filepath.Join(o.Dir, name), func(w io.Writer) error {
			_, err := io.WriteString(w, text)
			return err
		})
	}
	if ca := o.ca(); ca != "" {
		b, err := os.ReadFile(ca)
		if err == nil {
			err = put(caName, string(b))
		}
		if err != nil {
			return err
		}
	}
	return put(endpointName, address+"\n")
}

// complaints passes on what the broker warns of.
type complaints struct {
	said func(string)
	mu   sync.Mutex
	text string
	end  bool // the last was the end of the broker
}

func (c *complaints) tell(format string, v []any) {
	text := fmt.Sprintf(format, v...)
	c.mu.Lock()
	c.text = text
	c.mu.Unlock()
	c.said(text)
}

func (c *complaints) last() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.text == "" {
		return "it gives no reason"
	}
	return c.text
}

func (c *complaints) fatal() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.end
}

// Fatalf and the other methods are those of the server's logger.
func (c *complaints) Fatalf(format string, v ...any) {
	c.tell(format, v)
	c.mu.Lock()
	c.end = true
	c.mu.Unlock()
}

func (c *complaints) Noticef(string, ...any)         {}
func (c *complaints) Debugf(string, ...any)          {}
func (c *complaints) Tracef(string, ...any)          {}
func (c *complaints) Warnf(format string, v ...any)  { c.tell(format, v) }
func (c *complaints) Errorf(format string, v ...any) { c.tell(format, v) }
