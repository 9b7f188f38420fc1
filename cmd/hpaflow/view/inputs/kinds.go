package inputs

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"

	"hpaflow/data/regular"
	"hpaflow/data/shards"
)

// mostHead is how much of a file is looked at.
const mostHead = 64 << 10

// kindOfFile tells what a file is by how it begins.
func kindOfFile(path string) (kind Kind, classes int, err error) {
	f, _, err := regular.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	var in io.Reader = f
	if strings.HasSuffix(path, ".zst") {
		z, err := zstd.NewReader(f, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(128<<20))
		if err != nil {
			return "", 0, err
		}
		defer z.Close()
		in = z
	}
	b := make([]byte, mostHead)
	n, _ := io.ReadFull(in, b)
	b = b[:n]
	switch {
	case bytes.HasPrefix(b, []byte("PAR1")) && filepath.Base(path) != shards.IndexName:
		return Embeddings, 0, nil
	case bytes.HasPrefix(b, []byte("{")):
		var letter struct{ Key, Stage, Cause *string }
		line, _, _ := bytes.Cut(b, []byte("\n"))
		if json.Unmarshal(line, &letter) == nil && letter.Key != nil && letter.Stage != nil && letter.Cause != nil {
			return DeadLetters, 0, nil
		}
		return "", 0, nil
	case strings.Contains(filepath.Base(path), ".csv"):
		kind, classes := kindOfTable(b)
		return kind, classes, nil
	}
	return "", 0, nil
}

// kindOfTable tells what a CSV file is by its header.
func kindOfTable(b []byte) (kind Kind, classes int) {
	line, err := bufio.NewReaderSize(bytes.NewReader(bytes.TrimPrefix(b, []byte("\ufeff"))), mostHead).ReadString('\n')
	if err != nil && line == "" {
		return "", 0
	}
	header, err := csv.NewReader(strings.NewReader(line)).Read()
	if err != nil {
		return "", 0
	}
	has := map[string]bool{}
	for _, name := range header {
		has[strings.ToLower(strings.TrimSpace(name))] = true
	}
	for classes = 0; has[fmt.Sprintf("p%02d", classes)]; {
		classes++
	}
	switch {
	case has["id"] && classes > 0:
		return Probabilities, classes
	case has["id"] && has["ahash"] && has["phash"] && has["bytes"]:
		return Hashes, 0
	case has["hash"] && has["ids"] && has["target"]:
		return Groups, 0
	case has["label"] && has["name"] && has["threshold"]:
		return Thresholds, 0
	case has["id"] && has["target"] && has["note"] && has["time"]:
		return Corrections, 0
	case has["id"] && has["predicted"]:
		return Decisions, 0
	case has["id"] && has["feat0000"]:
		return Embeddings, 0
	case has["id"] && (has["target"] || has["label"]):
		return Labels, 0
	}
	return "", 0
}
