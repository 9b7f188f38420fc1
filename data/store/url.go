package store

import (
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
)

// URL is the address of a store, or of an object in one.
type URL struct {
	Scheme string     // "s3", "https" and so on; "file": a path of this machine
	Bucket string     // bucket, container or server; of a file nothing
	Path   string     // in it, without slashes at its ends; of a file the path as it was given
	Query  url.Values // options, as in ?anonymous=true; of https what the server is asked by
}

// schemes are those that URLs may have, whether or not their stores are linked in.
var schemes = []string{"s3", "gs", "az", "https", "http", "file"}

// IsURL says whether a path is none, but a URL: it has a scheme. A scheme that is
// unknown counts, so that a slip is told of as one.
func IsURL(path string) bool {
	scheme, _, found := strings.Cut(path, "://")
	if !found || scheme == "" {
		return false
	}
	for _, r := range scheme {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') {
			return false
		}
	}
	return true
}

// Parse reads a URL or a path. Keys stand in URLs as they are; only those of the
// web have letters that are escaped by %.
func Parse(text string) (URL, error) {
	if !IsURL(text) {
		return URL{Scheme: "file", Path: text}, nil
	}
	scheme, rest, _ := strings.Cut(text, "://")
	scheme = strings.ToLower(scheme)
	switch {
	case scheme == "file":
		u, err := url.Parse(text)
		if err != nil || u.Host != "" && u.Host != "localhost" || u.Path == "" {
			return URL{}, fmt.Errorf("%q: a URL of a file has the form file:///path", text)
		}
		return URL{Scheme: "file", Path: filepath.FromSlash(u.Path)}, nil
	case scheme == "https" || scheme == "http":
		u, err := url.Parse(text)
		if err != nil || u.Host == "" {
			return URL{}, fmt.Errorf("%q is no URL: it has the form %s://server/path", text, scheme)
		}
		q, err := url.ParseQuery(u.RawQuery)
		if err != nil {
			return URL{}, fmt.Errorf("%q is no URL: %w", text, err)
		}
		server := u.Host
		if u.User != nil {
			server = u.User.String() + "@" + server
		}
		return URL{scheme, server, strings.Trim(u.Path, "/"), q}, nil
	case !slices.Contains(schemes, scheme):
		return URL{}, fmt.Errorf("%q: there is no store %s://; there are %s://", text, scheme, strings.Join(schemes, "://, "))
	}
	return parseBucket(text, scheme, rest)
}

// parseBucket reads scheme://bucket/path?option=value. A path that has a question
// mark itself has another behind it.
func parseBucket(text, scheme, rest string) (URL, error) {
	u := URL{Scheme: scheme}
	if at := strings.LastIndexByte(rest, '?'); at >= 0 && areOptions(rest[at+1:]) {
		q, err := url.ParseQuery(rest[at+1:])
		if err != nil {
			return URL{}, fmt.Errorf("%q: the options behind the question mark: %w", text, err)
		}
		rest, u.Query = rest[:at], q
	}
	u.Bucket, u.Path, _ = strings.Cut(rest, "/")
	u.Path = strings.Trim(u.Path, "/")
	if !isBucket(u.Bucket) {
		return URL{}, fmt.Errorf("%q names no bucket: such a URL has the form %s://bucket/path", text, scheme)
	}
	return u, nil
}

// areOptions says whether options follow a question mark. Their values may have
// slashes, as an endpoint has, and their names have none.
func areOptions(text string) bool {
	name, _, _ := strings.Cut(text, "=")
	return !strings.Contains(name, "/")
}

// String is the URL as Parse reads it.
func (u URL) String() string {
	text := u.base(u.Path)
	if len(u.Query) > 0 || u.Scheme != "file" && u.Scheme != "http" && u.Scheme != "https" && strings.Contains(u.Path, "?") {
		text += "?" + u.Query.Encode()
	}
	return text
}

// isBucket says whether some store may have a bucket or container of the name.
func isBucket(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-_.$:", r)
	})
}

func (u URL) base(path string) string {
	switch u.Scheme {
	case "file":
		return path
	case "http", "https":
		return u.Scheme + "://" + u.Bucket + (&url.URL{Path: "/" + path}).EscapedPath()
	}
	return strings.TrimSuffix(u.Scheme+"://"+u.Bucket+"/"+path, "/")
}

// Public is the URL for people: without a password or the options, which may be
// secrets.
func (u URL) Public() string {
	if at := strings.LastIndexByte(u.Bucket, '@'); at >= 0 {
		u.Bucket = u.Bucket[at+1:]
	}
	return u.base(u.Path)
}

// Join is a path below a URL, with its options; of a path it is a path.
func (u URL) Join(key string) URL {
	switch {
	case key == "":
	case u.Scheme == "file":
		u.Path = filepath.Join(u.Path, filepath.FromSlash(key))
	case u.Path == "":
		u.Path = key
	default:
		u.Path += "/" + key
	}
	return u
}

// Split parts a URL into the folder that a file is in, and the file's name.
func (u URL) Split() (folder URL, name string) {
	if u.Scheme == "file" {
		u.Path, name = filepath.Split(u.Path)
		if u.Path == "" {
			u.Path = "."
		}
		return u, name
	}
	at := strings.LastIndexByte(u.Path, '/')
	name = u.Path[at+1:]
	u.Path = u.Path[:max(at, 0)]
	return u, name
}

// Join is a path below a URL or a path, in the same form.
func Join(base, key string) (string, error) {
	u, err := Parse(base)
	if err != nil {
		return "", err
	}
	return u.Join(key).String(), nil
}

// CheckOptions refuses options that are none of a store's.
func (u URL) CheckOptions(known ...string) error {
	for name := range u.Query {
		if !slices.Contains(known, name) {
			return fmt.Errorf("%s: there is no option %q; there are: %s (a key with a question mark has another at its end)", u.Public(), name, strings.Join(known, ", "))
		}
	}
	return nil
}

// Flag is an option that is true or false, and false where it is not given.
func (u URL) Flag(name string) (bool, error) {
	switch is := u.Query.Get(name); is {
	case "true", "false", "":
		return is == "true", nil
	default:
		return false, fmt.Errorf("%s: %s is true or false, not %q", u.Public(), name, is)
	}
}

// CheckKey refuses a key that some store could not have as a file: one that leads
// out of its folder, or has parts without a name.
func CheckKey(key string) error {
	for part := range strings.SplitSeq(key, "/") {
		if part == "" || part == "." || part == ".." || strings.ContainsAny(part, "\x00\\") {
			return fmt.Errorf("%q is no key for an object: its parts between slashes are names", key)
		}
	}
	return nil
}
