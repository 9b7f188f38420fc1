package provenance

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Suffix ends the name of the file beside an output in which an earlier version
// kept the digest of all it was made from.
const Suffix = ".from"

// Digest is the one that OUTPUT.from holds: of settings and of files, in their order. Of a folder, the
// files in it count, by name, but for those in folders of its own.
func Digest(settings []string, paths []string) (string, error) {
	all := sha256.New()
	for _, s := range settings {
		fmt.Fprintf(all, "%d %s\n", len(s), s)
	}
	for _, path := range paths {
		names := []string{path}
		if entries, err := os.ReadDir(path); err == nil {
			names = nil
			for _, e := range entries {
				if e.Type().IsRegular() && !strings.HasPrefix(e.Name(), ".") && !strings.HasSuffix(e.Name(), Suffix) {
					names = append(names, filepath.Join(path, e.Name()))
				}
			}
		}
		fmt.Fprintf(all, "%d\n", len(names))
		for _, name := range names {
			sum, err := digestFile(name)
			if err != nil {
				return "", err
			}
			all.Write(sum)
		}
	}
	return hex.EncodeToString(all.Sum(nil)), nil
}

// WasFresh says whether an output is there and its OUTPUT.from holds this digest.
func WasFresh(output, digest string) bool {
	if _, err := os.Stat(output); err != nil {
		return false
	}
	text, err := os.ReadFile(output + Suffix)
	return err == nil && strings.TrimSpace(string(text)) == digest
}

// ForgetEarlier removes an output's OUTPUT.from, if it holds a digest and
// nothing else.
func ForgetEarlier(output string) error {
	text, err := os.ReadFile(output + Suffix)
	if err != nil {
		return nil // there is none
	}
	digest := strings.TrimSpace(string(text))
	if _, err := hex.DecodeString(digest); err != nil || len(digest) != 2*sha256.Size {
		return nil
	}
	return os.Remove(output + Suffix)
}

// HasEarlier says whether an output has an OUTPUT.from.
func HasEarlier(output string) bool {
	_, err := os.Stat(output + Suffix)
	return err == nil
}
