package shards

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
)

// The index carries its own digest, so that damage is found before anything in
// it is believed. It is the SHA-256 of the file in which the digest's own place
// holds zeros, written into that place: the value of digestKey in the metadata,
// which Parquet stores as plain text right behind the key, a field header and
// a length.
const digestKey = "hpaflow.sha256"

var noDigest = strings.Repeat("0", 2*sha256.Size)

const valueHead = "\x18\x40" // a string of 64 bytes follows

// digestPlace finds the digest's place in an index.
func digestPlace(b []byte) ([]byte, error) {
	mark := []byte(digestKey + valueHead)
	at := bytes.LastIndex(b, mark)
	if at < 0 || len(b)-at-len(mark) < len(noDigest) {
		return nil, errors.New("damaged, or no index of shards: it carries no digest")
	}
	return b[at+len(mark):][:len(noDigest)], nil
}

// seal fills in the digest of a new index.
func seal(b []byte) error {
	place, err := digestPlace(b)
	if err != nil {
		return err
	}
	hex.Encode(place, digestOf(b))
	return nil
}

// checkSeal says whether an index is what was sealed.
func checkSeal(b []byte) error {
	blank := bytes.Clone(b)
	place, err := digestPlace(blank)
	if err != nil {
		return err
	}
	want := string(place)
	copy(place, noDigest)
	if hex.EncodeToString(digestOf(blank)) != want {
		return errors.New("damaged: its digest does not fit")
	}
	return nil
}

func digestOf(b []byte) []byte {
	sum := sha256.Sum256(b)
	return sum[:]
}
