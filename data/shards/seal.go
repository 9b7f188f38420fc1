package shards

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
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
	hex.Encode(place, digestOf(b, place))
	return nil
}

// checkSeal says whether an index is what was sealed.
func checkSeal(b []byte) error {
	place, err := digestPlace(b)
	if err != nil {
		return err
	}
	if hex.EncodeToString(digestOf(b, place)) != string(place) {
		return errors.New("damaged: its digest does not fit")
	}
	return nil
}

// digestOf is the digest of an index, whatever stands in the place for it.
func digestOf(b, place []byte) []byte {
	at := cap(b) - cap(place) // place is a part of b
	sum := sha256.New()
	sum.Write(b[:at])
	io.WriteString(sum, noDigest)
	sum.Write(b[at+len(place):])
	return sum.Sum(nil)
}

// sealed seals an index while it is written: only its end, in which the digest
// stands, is held.
type sealed struct {
	out  io.Writer
	sum  hash.Hash
	held *bytes.Buffer // nil: what comes is written
}

func newSealed(out io.Writer) *sealed { return &sealed{out: out, sum: sha256.New()} }

func (s *sealed) Write(b []byte) (int, error) {
	if s.held != nil {
		return s.held.Write(b)
	}
	s.sum.Write(b)
	return s.out.Write(b)
}

// hold begins the end.
func (s *sealed) hold() { s.held = &bytes.Buffer{} }

// end writes the end, with the digest in its place, which held zeros.
func (s *sealed) end() error {
	b := s.held.Bytes()
	place, err := digestPlace(b)
	if err != nil {
		return err
	}
	s.sum.Write(b)
	hex.Encode(place, s.sum.Sum(nil))
	_, err = s.out.Write(b)
	return err
}
