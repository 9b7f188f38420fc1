// Stores runs a server of an object store for tests: versitygw, which speaks S3, or
// fake-gcs-server, which speaks Google's language. It is a module of its own, since
// what these servers need is no part of hpaflow.
//
//	stores s3|gs DIR                 keeps objects of S3 in DIR, prints its address, and ends with standard input
//	stores proxy [FLAGS] http://...  stands before one of S3 and makes it far, busy or wrong
//
// Accounts of S3: test, with the secret testtest.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/fsouza/fake-gcs-server/fakestorage"
	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) > 2 && os.Args[1] == "proxy" {
		log.Fatal(proxy(os.Args[2:]))
	}
	if len(os.Args) != 3 {
		log.Fatal("usage: stores s3|gs DIR")
	}
	address, err := free()
	if err != nil {
		log.Fatal(err)
	}
	ended := make(chan error, 1)
	switch os.Args[1] {
	case "s3":
		go func() { ended <- s3(os.Args[2], address) }()
	case "gs":
		go func() { ended <- gs(address) }()
	default:
		log.Fatalf("there is no server %q: s3 or gs", os.Args[1])
	}
	go func() {
		io.Copy(io.Discard, os.Stdin)
		ended <- nil
	}()
	for range 200 {
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			fmt.Println("http://" + address)
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if err := <-ended; err != nil {
		log.Fatal(err)
	}
}

// free is an address that nobody listens on.
func free() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

func s3(dir, address string) error {
	root, side := filepath.Join(dir, "buckets"), filepath.Join(dir, "meta")
	for _, d := range []string{root, side} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			return err
		}
	}
	keep, err := meta.NewSideCar(side)
	if err != nil {
		return err
	}
	be, err := posix.New(root, keep, posix.PosixOpts{SideCarDir: side})
	if err != nil {
		return err
	}
	return embedgw.RunVersityGW(context.Background(), be, &embedgw.Config{
		RootUserAccess: "test", RootUserSecret: "testtest", Ports: []string{address}, MaxConnections: 1000, MaxRequests: 1000,
		MultipartMaxParts: 10_000, Quiet: true, KeepAlive: true,
	})
}

func gs(address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	var number uint16
	if _, err := fmt.Sscan(port, &number); err != nil {
		return err
	}
	_, err = fakestorage.NewServerWithOptions(fakestorage.Options{
		Scheme: "http", Host: host, Port: number, ExternalURL: "http://" + address, PublicHost: address, Writer: io.Discard,
	})
	if err != nil {
		return err
	}
	select {}
}
