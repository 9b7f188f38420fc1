package archive

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// packed is a tar of members whose content is their name.
func packed(t *testing.T, names ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, name := range names {
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: int64(len(name)), Mode: 0o644}); err != nil {
			t.Fatal(err)
		}
		w.Write([]byte(name))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// list reads a tar and gives "NAME CONTENT" or "NAME: ERROR" of each member.
func list(text []byte, window int64) (members []string, err error) {
	err = Tar(context.Background(), bufio.NewReader(bytes.NewReader(text)), window, func(m Member) error {
		if m.Err != nil {
			members = append(members, m.Name+": "+m.Err.Error())
			return nil
		}
		b, err := m.Read()
		members = append(members, m.Name+" "+string(b))
		return err
	})
	return members, err
}

// A tar that ends anywhere but at its end is an error, between two members too;
// two of them, joined, are both read.
func TestTarsThatAreCutShort(t *testing.T) {
	whole := packed(t, "a", "b")
	for n := 1; n < len(whole); n++ {
		members, err := list(whole[:n], 0)
		if marks := n == len(whole)-512; (err == nil) != marks {
			t.Fatalf("of the first %d bytes of %d: %q, %v", n, len(whole), members, err)
		}
	}
	members, err := list(append(bytes.Clone(whole), packed(t, "c")...), 0)
	if err != nil || fmt.Sprint(members) != "[a a b b c c]" {
		t.Errorf("%q, %v", members, err)
	}
	if _, err := list(append(bytes.Clone(whole), strings.Repeat("x", 600)...), 0); err == nil || !strings.Contains(err.Error(), "what follows its end is no tar") {
		t.Error(err)
	}
}

// What is a tar is known by its header's checksum where there is no mark, and
// text is not taken for one.
func TestIsTar(t *testing.T) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "a", Mode: 0o644})
	w.Close()
	old := b.Bytes()[:512]
	clear(old[257:265]) // as tars were before POSIX
	old[156] = 0
	sum := 0
	copy(old[148:156], "        ")
	for _, c := range old {
		sum += int(c)
	}
	copy(old[148:], fmt.Sprintf("%06o\x00 ", sum))
	if !IsTar(old) || !IsTar(make([]byte, 512)) {
		t.Error("a tar is not known")
	}
	old[0] = 'b'
	if IsTar(old) || IsTar([]byte(strings.Repeat("a/b_red.png\n", 100))) || IsTar(old[:100]) {
		t.Error("what is no tar is taken for one")
	}
}

// Hard links are read while their target is in the window.
func TestHardLinks(t *testing.T) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	put := func(name, content, link string) {
		h := &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: int64(len(content)), Mode: 0o644}
		if link != "" {
			h.Typeflag, h.Linkname = tar.TypeLink, link
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		w.Write([]byte(content))
	}
	put("./a", strings.Repeat("a", 600), "")
	put("b", "", "a")
	put("c", strings.Repeat("c", 600), "")
	put("d", "", "./b")
	put("e", "", "nowhere")
	w.Close()
	members, err := list(b.Bytes(), 4<<10)
	if err != nil || len(members[1]) != 602 || len(members[3]) != 602 || !strings.HasPrefix(members[4], "e: is a hard link to nowhere, which did not come before it") {
		t.Errorf("%q, %v", members, err)
	}
	members, err = list(b.Bytes(), 1<<10)
	if err != nil || !strings.HasPrefix(members[3], "d: is a hard link to ./b") {
		t.Errorf("with a small window: %q, %v", members, err)
	}
}

// A damaged member of a zip file leaves the others alone, and one that needs a
// password says so.
func TestZipMembers(t *testing.T) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range []string{"first", "second", "third"} {
		f, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		f.Write([]byte("content of " + name))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	text := b.Bytes()
	text[bytes.Index(text, []byte("content of second"))] ^= 1
	at := bytes.LastIndex(text, []byte("PK\x01\x02"))
	text[at+8] |= 1 // the third is encrypted
	var got []string
	visit := func(m Member) error {
		if m.Err != nil {
			got = append(got, m.Name+": "+m.Err.Error())
			return nil
		}
		content, err := m.Read()
		var its *MemberError
		if err != nil && !errors.As(err, &its) {
			return err
		}
		got = append(got, fmt.Sprintf("%s: %s%v", m.Name, content, err))
		return nil
	}
	want := "[first: content of first<nil> second: zip: checksum error third: is encrypted]"
	for name, read := range map[string]func() error{
		"file":   func() error { return Zip(context.Background(), bytes.NewReader(text), int64(len(text)), visit) },
		"stream": func() error { return SpoolZip(context.Background(), bytes.NewReader(text), visit) },
	} {
		got = nil
		if err := read(); err != nil || fmt.Sprint(got) != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}
