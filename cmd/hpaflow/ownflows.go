package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"hpaflow/configs"
	"hpaflow/data/atomicfile"
)

// writtenFlows is the file that tells what writeConfigs wrote: the digest of
// each flow. A flow with another digest has been changed by a person.
const writtenFlows = ".written.json"

// writeConfigs puts the program's flows into a folder, where people can read
// and change them, and gives the names of those that it left as a person has
// changed them.
func writeConfigs(dir string) (changed []string, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	written, err := readWritten(dir)
	if err != nil {
		return nil, err
	}
	entries, err := fs.ReadDir(configs.Files, ".")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		ours, err := fs.ReadFile(configs.Files, e.Name())
		if err != nil {
			return nil, err
		}
		path := filepath.Join(dir, e.Name())
		there, err := os.ReadFile(path)
		switch {
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return nil, err
		case err == nil && digestOf(there) != digestOf(ours) && digestOf(there) != written[e.Name()]:
			changed = append(changed, e.Name())
			continue
		}
		written[e.Name()] = digestOf(ours)
		if err := putFile(path, ours); err != nil {
			return nil, err
		}
	}
	text, err := json.MarshalIndent(written, "", "  ")
	if err != nil {
		return nil, err
	}
	return changed, putFile(filepath.Join(dir, writtenFlows), append(text, '\n'))
}

func readWritten(dir string) (map[string]string, error) {
	path := filepath.Join(dir, writtenFlows)
	written := map[string]string{}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return written, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &written)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return written, nil
}

func digestOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

func putFile(path string, text []byte) error {
	return atomicfile.Write(path, func(w io.Writer) error { _, err := w.Write(text); return err })
}
