package regular_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"hpaflow/data/regular"
)

// What is no regular file is refused at once, also by way of a link.
func TestOthersAreRefused(t *testing.T) {
	dir, err := os.MkdirTemp("", "regular") // a socket's name may not be long
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := unix.Mkfifo(at("pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	socket, err := net.Listen("unix", at("socket"))
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	for name, to := range map[string]string{"link": "pipe", "null": "/dev/null", "zero": "/dev/zero"} {
		if err := os.Symlink(to, at(name)); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{
		"": "a folder", "pipe": "a named pipe", "link": "a named pipe", "null": "a device", "zero": "a device", "socket": "a socket",
	} {
		if _, err := regular.Read(at(name), 4); err == nil || !strings.HasSuffix(err.Error(), "is "+want+", not a file") {
			t.Errorf("%q: %v", name, err)
		}
	}
	if _, err := regular.Read(at("gone"), 4); !os.IsNotExist(err) {
		t.Errorf("a file that is not there: %v", err)
	}
	if err := os.WriteFile(at("file"), []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	if b, err := regular.Read(at("file"), 4); err != nil || string(b) != "text" {
		t.Errorf("%q, %v", b, err)
	}
	if _, err := regular.Read(at("file"), 3); err == nil || !strings.Contains(err.Error(), "holds 4 bytes, and 3 at most are read") {
		t.Error(err)
	}
}
