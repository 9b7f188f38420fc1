package hpa

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"hpaflow/data"
	"hpaflow/data/hpa"
	"hpaflow/sources/download"
	"hpaflow/sources/download/fetch"
)

// images are those of the Atlas' server.
type images struct {
	download.Samples
	base    *url.URL
	formats []hpa.Format
	most    int64      // bytes of a file, packed or not
	names   []hpa.Name // by row
	faults  []error    // by row: why it names no image

	mu       sync.Mutex
	got      map[hpa.Format]int // samples
	lower    hpa.Some           // samples that came in another format than the first, for the server has none
	withdraw hpa.Some           // of these, those whose TIFF is answered as a withdrawn antibody's
}

// take adds a row.
func (s *images) take(id string, name hpa.Name, err error) {
	s.IDs, s.names, s.faults = append(s.IDs, id), append(s.names, name), append(s.faults, err)
}

func (s *images) unfit(row int) error { return s.faults[row] }

// get brings the channels of a sample, all in one format; it runs in a worker.
func (s *images) get(ctx context.Context, row int) (*data.Channels, error) {
	name := s.names[row]
	if sample := s.kept(name.ID()); sample != nil {
		return sample, nil
	}
	var faults []error
	for i, format := range s.formats {
		sample, err := s.inFormat(ctx, name, format)
		if err == nil {
			s.count(name, format, i > 0, faults)
			return sample, nil
		}
		faults = append(faults, err)
		if !notThere(err) {
			break
		}
	}
	return nil, told(faults)
}

// kept is a sample that an earlier run has left whole. One that lacks a channel is
// got again, lest its channels come in two formats.
func (s *images) kept(id string) *data.Channels {
	sample := &data.Channels{ID: id}
	for _, colour := range s.Names {
		ch, there := s.Kept(id, colour)
		if !there {
			return nil
		}
		sample.List = append(sample.List, ch)
	}
	return sample
}

// inFormat gets all channels in a format, or says what ails the first that is not
// to be had.
func (s *images) inFormat(ctx context.Context, name hpa.Name, format hpa.Format) (*data.Channels, error) {
	sample := &data.Channels{ID: name.ID(), List: make([]data.Channel, len(s.Names))}
	for i, colour := range s.Names {
		file, err := s.file(ctx, name, format, colour)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", colour, err)
		}
		sample.List[i] = data.Channel{Name: colour, File: file}
	}
	return sample, nil
}

// file gets a channel, under the first of its names that there is.
func (s *images) file(ctx context.Context, name hpa.Name, format hpa.Format, colour string) (data.File, error) {
	var first error
	for _, path := range name.Paths(format, colour) {
		address := s.base.JoinPath(path).String()
		file := data.File{Name: address, Channel: colour}
		body, err := s.Client.GetChecked(ctx, address, func(body []byte) (err error) {
			file.Data, err = s.checked(format, body)
			return err
		})
		if err == nil {
			if file.Data == nil {
				file.Data = body
			}
			return file, nil
		}
		if !notThere(err) {
			return data.File{}, err
		}
		if first == nil {
			first = err
		}
	}
	return data.File{}, first
}

// checked says why a body is not a whole file of a format; of a TIFF it gives what
// was in gzip.
func (s *images) checked(format hpa.Format, body []byte) ([]byte, error) {
	var err error
	if format == hpa.TIFF {
		body, err = hpa.Unpack(body, s.most)
	} else {
		err = download.WholeJPEG(body)
	}
	if err != nil && hpa.IsPage(body) {
		return nil, fetch.Final(&pageError{err})
	}
	return body, err
}

// pageError is of a server that answers with a page in place of an image it has not.
type pageError struct{ error }

// notThere says that the server has no such file, rather than trouble.
func notThere(err error) bool {
	if _, page := errors.AsType[*pageError](err); page {
		return true
	}
	status, is := errors.AsType[*fetch.StatusError](err)
	return is && slices.Contains([]int{http.StatusBadRequest, http.StatusNotFound, http.StatusGone}, status.Code)
}

// withdrawn says whether a TIFF is refused as those of withdrawn antibodies are.
func withdrawn(err error) bool {
	status, is := errors.AsType[*fetch.StatusError](err)
	return is && status.Code == http.StatusBadRequest
}

// told are the faults of a sample's formats as one.
func told(faults []error) error {
	if len(faults) == 1 && !withdrawn(faults[0]) {
		return faults[0]
	}
	words := make([]string, len(faults))
	for i, err := range faults {
		if words[i] = err.Error(); withdrawn(err) {
			words[i] += ", as for a withdrawn antibody"
		}
	}
	last := faults[len(faults)-1]
	return &formatsError{strings.Join(words, "; "), last}
}

// formatsError is that of several formats.
type formatsError struct {
	text string
	last error
}

func (e *formatsError) Error() string { return e.text }
func (e *formatsError) Unwrap() error { return e.last }

// count takes note of the format that a sample came in.
func (s *images) count(name hpa.Name, format hpa.Format, lower bool, faults []error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.got == nil {
		s.got = map[hpa.Format]int{}
	}
	s.got[format]++
	if lower {
		s.lower.Add(name.ID())
	}
	if lower && withdrawn(faults[0]) {
		s.withdraw.Add(name.ID())
	}
}

// tell says in which formats samples came.
func (s *images) tell(note func(text string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var parts []string
	for _, format := range s.formats {
		if n := s.got[format]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d as %s, of %s", n, strings.ToUpper(string(format)), map[hpa.Format]string{hpa.TIFF: "16 bits", hpa.JPEG: "8 bits"}[format]))
		}
	}
	if len(parts) > 0 {
		note("got " + strings.Join(parts, "; "))
	}
	if s.lower.Count > 0 {
		note(fmt.Sprintf("not there as %s, and taken as the next format: %s", s.formats[0], named(s.lower)))
	}
	if s.withdraw.Count > 0 {
		note("of these the server answers as for withdrawn antibodies (400): " + named(s.withdraw))
	}
}

// named is a count with its first names.
func named(s hpa.Some) string {
	if s.Count <= len(s.First) {
		return strings.Join(s.First, ", ")
	}
	return fmt.Sprintf("%d, such as %s", s.Count, strings.Join(s.First, ", "))
}
