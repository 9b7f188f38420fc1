package data

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// CheckKey says why a sample's key is unfit to name files. A key is an Id, or
// one behind the folders it is in, as plate/ID: wherever it is put it stays
// below the folder it is put in, and it is one file's name in every system. So
// it is UTF-8 without control characters and backslashes, and none of its parts
// is empty or begins with a dot.
func CheckKey(key string) error {
	if key == "" {
		return errors.New("the Id is empty")
	}
	if usual(key) {
		return nil
	}
	if !utf8.ValidString(key) {
		return fmt.Errorf("%q is no UTF-8; rename it, as convmv does", key)
	}
	if i := strings.IndexFunc(key, func(r rune) bool { return unicode.IsControl(r) || r == '\\' || r == unicode.ReplacementChar }); i >= 0 {
		return fmt.Errorf("%q has a character that no file's name should have", key)
	}
	for part := range strings.SplitSeq(key, "/") {
		if part == "" || part[0] == '.' {
			return fmt.Errorf("%q is no name for a file below a folder", key)
		}
	}
	return nil
}

// CheckID says why an Id is unfit. An Id is a key that stands in lists
// separated by blanks, and so has none.
func CheckID(id string) error {
	if id == "" || usual(id) {
		return CheckKey(id)
	}
	if CheckKey(id) != nil || strings.ContainsFunc(id, unicode.IsSpace) {
		return fmt.Errorf("%q cannot be an Id: it must be fit for a file's name, without blanks", id)
	}
	return nil
}

// usual says that there is nothing to look for: letters, digits, - and _ are fit
// for anything. A table has millions of such Ids.
func usual(key string) bool {
	for i := range len(key) {
		c := key[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && c != '-' && c != '_' {
			return false
		}
	}
	return key != ""
}
