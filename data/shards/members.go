package shards

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// TarBlock is what heads and contents of a tar are filled up to.
const TarBlock = 512

// AppendTarHeader appends the head of a member, in more blocks than one if its
// name is long.
func AppendTarHeader(b []byte, name string, size int64) ([]byte, error) {
	var head bytes.Buffer
	t := tar.NewWriter(&head)
	err := t.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o644})
	return append(b, head.Bytes()...), err
}

// TarFill is how many zeros follow a content of so many bytes.
func TarFill(size int64) int64 { return (TarBlock - size%TarBlock) % TarBlock }

// members are the two of a frame, with the sample's key: KEY.json, and an array
// whose name, KEY and suffix, says what it holds.
type members struct {
	key    string
	json   []byte
	suffix string
	array  []byte
}

// takeApart finds the members of one frame, which share its memory.
func takeApart(raw []byte) (members, error) {
	var m members
	in := bytes.NewReader(raw)
	t := tar.NewReader(in)
	found := 0
	for ; ; found++ {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return m, err
		}
		if h.Typeflag != tar.TypeReg || h.Size < 0 || h.Size > int64(in.Len()) {
			return m, fmt.Errorf("member %s claims %d bytes", h.Name, h.Size)
		}
		content := raw[len(raw)-in.Len():][:h.Size] // it follows its head
		key, suffix, _ := strings.Cut(h.Name, ".")
		if m.key != "" && key != m.key {
			return m, fmt.Errorf("members of %s and %s in one frame", m.key, key)
		}
		m.key = key
		if suffix = "." + suffix; suffix == metaSuffix {
			m.json = content
		} else {
			m.suffix, m.array = suffix, content
		}
	}
	if found != 2 || m.json == nil || m.array == nil {
		return m, fmt.Errorf("frame of %q does not hold an array and %s", m.key, metaSuffix)
	}
	return m, nil
}
