package hpa

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"

	"github.com/klauspost/compress/gzip"
)

// Image is one field of view as the Atlas tells of it.
type Image struct {
	Name
	Gene        string // its Ensembl number
	GeneName    string
	Antibody    string
	Reliability string // of the antibody's staining: enhanced, supported, approved, uncertain
	Assay       string // human, mouse
	CellLine    string
	Locations   []string
	URL         string // as the XML has it
	Release     string // of the Atlas
}

// Tally counts what was read, and what was passed over.
type Tally struct {
	Entries    int
	Antibodies int
	Unstained  int  // antibodies without immunofluorescence
	Imageless  Some // antibodies with immunofluorescence and without an image of it: so are withdrawn ones listed
	Images     int  // yielded
	KnockDowns Some // images of silenced genes
	Odd        Some // addresses that name no image
}

// Some counts things, and keeps the names of the first.
type Some struct {
	Count int
	First []string
}

// mostNamed is how many names a count keeps.
const mostNamed = 3

// Add counts one more.
func (s *Some) Add(name string) {
	if s.Count++; len(s.First) < mostNamed {
		s.First = append(s.First, name)
	}
}

// technology is that of the images.
const technology = "ICC/IF"

// mostInData bounds what one set of data may list.
const mostInData = 10_000

// Read yields the images that an XML lists, in its order, and counts in the tally.
// The file may be in gzip. An error of yield ends it;
// other errors are XMLErrors.
func Read(from io.Reader, tally *Tally, yield func(Image) error) error {
	return xmlFault(read(from, tally, yield))
}

func read(from io.Reader, tally *Tally, yield func(Image) error) error {
	in := bufio.NewReaderSize(from, 1<<16)
	if head, _ := in.Peek(2); string(head) == "\x1f\x8b" {
		z, err := gzip.NewReader(in)
		if err != nil {
			return fmt.Errorf("gzip: %w", err)
		}
		in = bufio.NewReaderSize(&gunzipped{z}, 1<<16)
		if head, _ := in.Peek(2); string(head) == "\x1f\x8b" {
			return errors.New("holds gzip within gzip; unpack it once")
		}
	}
	r := &reader{lexer: newLexer(in), tally: tally, yield: yield}
	return r.all()
}

// xmlFault is r.all's error, if it is one of the XML.
func xmlFault(err error) error {
	if err == nil {
		return nil
	}
	if y, is := errors.AsType[*yieldError](err); is {
		return y.error
	}
	return &XMLError{err}
}

// XMLError is what is wrong with an XML, or with reading it.
type XMLError struct{ err error }

func (e *XMLError) Error() string { return e.err.Error() }
func (e *XMLError) Unwrap() error { return e.err }

// yieldError is an error of whoever is given images.
type yieldError struct{ error }

// gunzipped says in errors where they come from.
type gunzipped struct{ z *gzip.Reader }

func (g *gunzipped) Read(b []byte) (int, error) {
	n, err := g.z.Read(b)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("gzip: the file ends early")
	} else if err != nil && err != io.EOF {
		err = fmt.Errorf("gzip: %w", err)
	}
	return n, err
}

// place is how far down the path to an image the reader is.
type place int

const (
	outside place = iota
	inEntry
	inAntibody
	inExpression
	inAssay
	inData
	inAssayImage
	inImage
)

// down are the elements of the path.
var down = [...]string{outside: "entry", inEntry: "antibody", inAntibody: "cellExpression", inExpression: "subAssay", inAssay: "data", inData: "assayImage", inAssayImage: "image"}

// reader follows the path, and gathers what stands along it.
type reader struct {
	*lexer
	tally *Tally
	yield func(Image) error

	place   place
	begun   [inImage + 1]int // the depth at which each place was entered
	leaf    int              // the depth of an element whose text is wanted; 0: there is none
	into    *string          // where it goes
	now     Image
	urls    []string
	stained bool // the antibody has an assay of the technology
	images  int  // of the antibody
	entries int
}

func (r *reader) all() error {
	for {
		t, err := r.next()
		if errors.Is(err, io.EOF) {
			if r.entries == 0 {
				return errors.New("has no entry: it is not the Atlas' XML")
			}
			return nil
		}
		if err == nil && t.kind == opens {
			err = r.opened(t)
		} else if err == nil {
			err = r.closed()
		}
		if err != nil {
			return r.within(err)
		}
	}
}

// within says in which entry an error is.
func (r *reader) within(err error) error {
	if r.place == outside || r.now.Gene == "" {
		return err
	}
	return fmt.Errorf("%s: %w", r.now.Gene, err)
}

// opened takes note of an element below the place where the reader is.
func (r *reader) opened(t token) (err error) {
	if r.place != outside && r.depth() != r.begun[r.place]+1 {
		return nil
	}
	if int(r.place) < len(down) && string(t.name) == down[r.place] {
		goes, err := r.enter(t)
		if goes {
			r.place++
			r.begun[r.place] = r.depth()
		}
		return err
	}
	switch r.place {
	case inEntry:
		switch string(t.name) {
		case "name":
			r.want(&r.now.GeneName)
		case "identifier":
			r.now.Gene, err = r.attr(t, "id")
		}
	case inAssay:
		if string(t.name) == "verification" {
			r.want(&r.now.Reliability)
		}
	case inData:
		switch string(t.name) {
		case "cellLine":
			r.want(&r.now.CellLine)
		case "location":
			r.want(nil)
		}
	case inImage:
		if string(t.name) == "imageUrl" {
			r.want(nil)
		}
	}
	return err
}

// enter begins the next place of the path, if the element leads to images.
func (r *reader) enter(t token) (goes bool, err error) {
	switch r.place {
	case outside:
		r.entries++
		r.tally.Entries++
		r.now = Image{}
		r.now.Release, err = r.attr(t, "version")
	case inEntry:
		r.tally.Antibodies++
		r.stained, r.images = false, 0
		r.now.Antibody, err = r.attr(t, "id")
	case inAntibody:
		kind, err := r.attr(t, "technology")
		r.stained = r.stained || kind == technology
		return kind == technology, err
	case inExpression:
		r.now.Reliability = ""
		r.now.Assay, err = r.attr(t, "type")
	case inAssay:
		r.now.CellLine, r.now.Locations, r.urls = "", nil, r.urls[:0]
	case inAssayImage:
		kind, err := r.attr(t, "imageType")
		return kind == "sampleImage", err
	}
	return true, err
}

// want keeps the text of the element that was opened. Without a place to put it,
// it is one of several.
func (r *reader) want(into *string) {
	r.leaf, r.into, r.Keep = r.depth(), into, true
}

// closed takes what an element has come to.
func (r *reader) closed() error {
	at := r.depth() + 1 // of the element that has closed
	switch {
	case at == r.leaf:
		r.leaf = 0
		return r.take()
	case r.place == outside || at != r.begun[r.place]:
		return nil
	}
	r.place--
	switch r.place {
	case inAssay: // the end of data
		return r.tell()
	case inEntry: // the end of an antibody
		switch {
		case !r.stained:
			r.tally.Unstained++
		case r.images == 0:
			r.tally.Imageless.Add(r.now.Antibody)
		}
	}
	return nil
}

func (r *reader) take() error {
	text, err := r.text()
	switch {
	case err != nil || text == "":
		return err
	case r.into != nil:
		*r.into = text
	case r.place == inData:
		if !slices.Contains(r.now.Locations, text) {
			r.now.Locations = append(r.now.Locations, text)
		}
	default:
		r.urls = append(r.urls, text)
	}
	if len(r.now.Locations) > mostInData || len(r.urls) > mostInData {
		return r.wrong(fmt.Sprintf("data of one cell line list more than %d things", mostInData))
	}
	return nil
}

// tell yields the images of a set of data.
func (r *reader) tell() error {
	for _, address := range r.urls {
		r.images++
		image := r.now
		var err error
		if image.Name, err = ParseURL(address); err != nil {
			var silenced *KnockDownError
			if errors.As(err, &silenced) {
				r.tally.KnockDowns.Add(tail(address))
			} else {
				r.tally.Odd.Add(tail(address))
			}
			continue
		}
		image.URL = address
		r.tally.Images++
		if err := r.yield(image); err != nil {
			return &yieldError{err}
		}
	}
	return nil
}

// tail are the last two parts of an address, which tell images apart.
func tail(address string) string {
	folder, file := path.Split(address)
	return path.Join(path.Base(folder), file)
}
