package webdataset

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"hpaflow/data/place"
)

// mostTars is how many a list may name.
const mostTars = 1 << 20

// checkTars says what is wrong with a list of tars.
func checkTars(v any) error {
	if len(v.([]string)) == 0 {
		return errors.New("names no tar")
	}
	for _, pattern := range rejoined(v.([]string)) {
		if _, err := expand(pattern); err != nil {
			return err
		}
	}
	return nil
}

// areThere says which of a valid list is not there, as far as no store is asked.
func areThere(v any) error {
	for _, pattern := range rejoined(v.([]string)) {
		names, err := expand(pattern)
		if err != nil {
			return err
		}
		for _, name := range names {
			if place.Remote(name) {
				continue
			}
			if _, err := os.Stat(place.Path(name)); errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("%s does not exist", name)
			} else if err != nil {
				return err
			}
		}
	}
	return nil
}

// listTars are all that a list comes to, in its order.
func listTars(ctx context.Context, patterns []string) (tars []string, err error) {
	for _, pattern := range rejoined(patterns) {
		names, err := expand(pattern)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			within, err := folder(ctx, name)
			if err != nil {
				return nil, err
			}
			tars = append(tars, within...)
		}
		if len(tars) > mostTars {
			return nil, fmt.Errorf("%s: more than %d tars", pattern, mostTars)
		}
	}
	return tars, nil
}

// rejoined are patterns whose braces a comma of a list has cut in two: a-{0 and 1}.tar.
func rejoined(words []string) (patterns []string) {
	for len(words) > 0 {
		n := 1
		for strings.LastIndexByte(words[n-1], '{') > strings.LastIndexByte(words[n-1], '}') {
			next := slices.IndexFunc(words[n:], func(w string) bool { return strings.ContainsAny(w, "{}") })
			if next < 0 || words[n+next][strings.IndexAny(words[n+next], "{}")] == '{' {
				break
			}
			n += next + 1
		}
		patterns = append(patterns, strings.Join(words[:n], ","))
		words = words[n:]
	}
	return patterns
}

// folder are the tars in a folder, by name; of what is none, itself.
func folder(ctx context.Context, name string) ([]string, error) {
	if !isTar(name) {
		info, err := os.Stat(place.Path(name))
		isFolder := !place.Remote(name) && err == nil && info.IsDir()
		names, err := place.Names(ctx, name)
		if err == nil && len(names) > 0 || isFolder {
			names = slices.DeleteFunc(names, func(n string) bool { return n[0] == '.' || !isTar(n) })
			slices.Sort(names)
			for i, n := range names {
				names[i] = place.Join(name, n)
			}
			if len(names) == 0 {
				return nil, fmt.Errorf("%s holds no tar: no file there is called .tar, .tar.gz, .tgz, .tar.zst, .tar.bz2 or .tar.xz", place.Shown(name))
			}
			return names, nil
		}
	}
	return []string{name}, nil
}

// isTar says whether a name is that of a tar, options of a URL aside.
func isTar(name string) bool {
	name, _, _ = strings.Cut(name, "?")
	for _, ending := range []string{".tar", ".tar.gz", ".tgz", ".tar.zst", ".tar.bz2", ".tar.xz"} {
		if strings.HasSuffix(name, ending) {
			return true
		}
	}
	return false
}

// expand makes names of one with lists in braces, as shells do: {000..012} counts, with as
// many digits, {0..12} without zeros in front, and {a,b} names. Braces without either are
// as they are.
func expand(pattern string) ([]string, error) {
	names := []string{""}
	for rest := pattern; rest != ""; {
		from := strings.IndexByte(rest, '{')
		to := strings.IndexByte(rest, '}')
		if from < 0 || to < from {
			return joined(names, []string{rest}, pattern)
		}
		var err error
		if names, err = joined(names, []string{rest[:from]}, pattern); err != nil {
			return nil, err
		}
		words, err := listed(rest[from+1 : to])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", pattern, err)
		}
		if names, err = joined(names, words, pattern); err != nil {
			return nil, err
		}
		rest = rest[to+1:]
	}
	return names, nil
}

// joined are all names with each of some words behind them.
func joined(names, words []string, pattern string) ([]string, error) {
	if len(words) == 1 && len(names) == 1 {
		return []string{names[0] + words[0]}, nil
	}
	if len(names)*len(words) > mostTars {
		return nil, fmt.Errorf("%s: more than %d names", pattern, mostTars)
	}
	all := make([]string, 0, len(names)*len(words))
	for _, name := range names {
		for _, word := range words {
			all = append(all, name+word)
		}
	}
	return all, nil
}

// listed are the words of what stands in braces.
func listed(text string) ([]string, error) {
	first, last, counts := strings.Cut(text, "..")
	if !counts {
		if !strings.Contains(text, ",") {
			return []string{"{" + text + "}"}, nil
		}
		return strings.Split(text, ","), nil
	}
	from, err := strconv.ParseUint(first, 10, 31)
	if err != nil {
		return nil, fmt.Errorf("%q is no number to count from", first)
	}
	to, err := strconv.ParseUint(last, 10, 31)
	if err != nil {
		return nil, fmt.Errorf("%q is no number to count to", last)
	}
	if to < from || to-from >= mostTars {
		return nil, fmt.Errorf("{%s}: cannot count from %d to %d", text, from, to)
	}
	digits := 0
	for _, end := range []string{first, last} {
		if end[0] == '0' && end != "0" {
			digits = max(len(first), len(last))
		}
	}
	var words []string
	for n := from; n <= to; n++ {
		words = append(words, fmt.Sprintf("%0*d", digits, n))
	}
	return words, nil
}

// sampled is how much of a tar's beginning tells it from others, beside its size.
const sampled = 64 << 10

// identity says which tars these are, by their sizes and beginnings: to read all of them would
// be to read the data once more.
func identity(tars []string) (string, error) {
	digest := sha256.New()
	for _, tar := range tars {
		ctx := context.Background()
		size, err := place.Size(ctx, tar)
		if err != nil {
			return "", err
		}
		r, err := place.Open(ctx, tar)
		if err != nil {
			return "", err
		}
		fmt.Fprintln(digest, size)
		_, err = io.CopyN(digest, r, sampled)
		r.Close() // opened for reading: nothing can be lost
		if err != nil && !errors.Is(err, io.EOF) {
			return "", err
		}
	}
	return fmt.Sprintf("%d tars of digest %.8x", len(tars), digest.Sum(nil)), nil
}
