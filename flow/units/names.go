package units

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"hpaflow/data/atomicfile"
	"hpaflow/data/place"
)

// entry is a record in a plan: what its source calls it, and what components
// have of their own about it, such as its row of a table.
type entry struct{ name, about string }

// line is the entry as a list of names has it.
func (e entry) line() string { return e.name + "\t" + e.about + "\n" }

func digestOf(names []entry) string {
	sum := sha256.New()
	for _, e := range names {
		io.WriteString(sum, e.line())
	}
	return hex.EncodeToString(sum.Sum(nil))
}

func (f folder) namesPath(digest string) string { return f.path("names-" + digest[:16] + ".gz") }

// writeNames writes a list of names, which its file is called after: one that is
// there holds them, however it was compressed.
func (f folder) writeNames(digest string, names []entry) error {
	var text bytes.Buffer
	z, err := gzip.NewWriterLevel(&text, gzip.BestSpeed)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(z)
	for _, e := range names {
		out.WriteString(e.line())
	}
	if err := errors.Join(out.Flush(), z.Close()); err != nil {
		return err
	}
	_, err = place.WriteOnce(context.Background(), f.namesPath(digest), text.Bytes())
	if _, other := errors.AsType[*atomicfile.OtherError](err); other {
		return nil
	}
	return err
}

// names reads the names of a plan's records.
func (f folder) names(p *Plan) ([]entry, error) {
	path := f.namesPath(p.Names)
	file, err := place.Open(context.Background(), path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	z, err := gzip.NewReader(bufio.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	list := make([]entry, 0, min(p.Records+p.Rows, 1<<20))
	in := bufio.NewReader(z)
	for {
		line, err := in.ReadString('\n')
		if errors.Is(err, io.EOF) && line == "" {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		name, about, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		list = append(list, entry{name, about})
	}
	if len(list) != p.Records+p.Rows || digestOf(list) != p.Names {
		return nil, fmt.Errorf("%s is damaged: it is not the list that the plan names", path)
	}
	return list, nil
}

// checkNames refuses names that a list cannot hold, and one that comes twice.
func checkNames(names []string) error {
	seen := make(map[string]bool, len(names))
	for _, name := range names {
		switch {
		case strings.ContainsAny(name, "\t\n"):
			return fmt.Errorf("%q cannot be the name of a record in a plan", name)
		case seen[name]:
			return fmt.Errorf("two records are called %s, and a plan tells them apart by that", name)
		}
		seen[name] = true
	}
	return nil
}
