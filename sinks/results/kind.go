package results

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// Kind is a kind of file, which its first bytes tell. A file of another kind is
// never replaced.
type Kind struct {
	Name string // for people: "a submission"
	Is   func(head []byte) bool
}

// headBytes is how much of a file a Kind may look at.
const headBytes = 4 << 10

// Table is a CSV, perhaps compressed, whose header begins with these columns.
func Table(name string, columns ...string) Kind {
	want := strings.Join(columns, ",")
	return Kind{name, func(head []byte) bool {
		line, _, _ := strings.Cut(strings.TrimPrefix(string(head), "\ufeff"), "\n")
		line = strings.ReplaceAll(strings.TrimSuffix(line, "\r"), `"`, "")
		return line == want || strings.HasPrefix(line, want+",")
	}}
}

// Picture is a PNG.
var Picture = Kind{"a PNG picture", func(head []byte) bool { return bytes.HasPrefix(head, []byte("\x89PNG\r\n\x1a\n")) }}

// JSON is a JSON text that begins like this: "{" or "[".
func JSON(name, begins string) Kind {
	return Kind{name, func(head []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(head), []byte(begins)) }}
}

// Lines is one JSON object a line, each with these names.
func Lines(name string, names ...string) Kind {
	return Kind{name, func(head []byte) bool {
		line, _, _ := bytes.Cut(head, []byte("\n"))
		d := json.NewDecoder(bytes.NewReader(line))
		if token, err := d.Token(); err != nil || token != json.Delim('{') {
			return false
		}
		for _, want := range names { // values that go on beyond the head do not matter
			if !bytes.Contains(line, []byte(`"`+want+`":`)) {
				return false
			}
		}
		return true
	}}
}

// Check refuses to replace a file that is not of the kind. What is not there,
// is empty, or is no regular file is no concern of it.
func (k Kind) Check(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil // it is for the writer to find out
	case info.IsDir():
		return fmt.Errorf("%s is a folder", path)
	case !info.Mode().IsRegular() || info.Size() == 0:
		return nil
	}
	head, err := headOf(path)
	if err != nil {
		return err
	}
	if !k.Is(head) {
		return fmt.Errorf("%s is there and is not %s: it is not replaced; move it away, or choose another name", path, k.Name)
	}
	return nil
}

// headOf is how a file begins, once decompressed.
func headOf(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in := bufio.NewReader(f)
	var from io.Reader = in
	if magic, _ := in.Peek(4); string(magic) == "\x28\xb5\x2f\xfd" {
		z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(64<<20))
		if err != nil {
			return nil, err
		}
		defer z.Close()
		from = z
	}
	head := make([]byte, headBytes)
	n, err := io.ReadFull(from, head)
	if n == 0 && err != nil && err != io.EOF {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return head[:n], nil
}
