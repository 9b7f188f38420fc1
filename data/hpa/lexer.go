package hpa

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The bounds of what is read. Real files stay below a tenth of each.
const (
	mostDepth  = 64
	mostTag    = 64 << 10 // bytes from < to >
	mostText   = 64 << 10 // bytes of a text that is wanted
	windowSize = 256 << 10
)

// lexer takes XML apart into tags, and the texts that are wanted. It holds that
// tags close in the order they were opened; of what lies in tags that nobody asks
// about it checks no more.
type lexer struct {
	in     io.Reader
	window []byte // what has been read and not passed; tokens point into it
	at     int    // of the window: what comes next
	base   int64  // bytes before the window
	ended  bool   // there is no more to read
	fault  error  // of reading

	open   []int  // where the names of open elements begin in names
	names  []byte // of open elements, one behind the other
	single bool   // the last tag has opened and closed its element

	Keep bool   // whether text is wanted
	Text []byte // what has come of it, if it is; whoever wants it empties it
}

// kind is what a token does.
type kind int

const (
	opens kind = iota
	closes
)

// token is a tag. What it points to is valid until the next one.
type token struct {
	kind  kind
	name  []byte // without the prefix of a namespace
	attrs []byte
}

func newLexer(in io.Reader) *lexer {
	return &lexer{in: in, window: make([]byte, 0, windowSize)}
}

// depth is how many elements are open.
func (l *lexer) depth() int { return len(l.open) }

// next is the next tag; io.EOF behind the last one.
func (l *lexer) next() (token, error) {
	if l.single {
		l.single = false
		return token{kind: closes, name: l.pop()}, nil
	}
	for {
		if err := l.skipText(); err != nil {
			return token{}, err
		}
		switch head := l.peek(9); {
		case len(head) < 2:
			return token{}, l.short("a tag")
		case !special[head[1]]:
			return l.startTag()
		case head[1] == '/':
			return l.endTag()
		case head[1] == '?':
			if err := l.instruction(); err != nil {
				return token{}, err
			}
		case bytes.HasPrefix(head, []byte("<!--")):
			if err := l.skip("<!--", "-->", false); err != nil {
				return token{}, err
			}
		case bytes.HasPrefix(head, []byte("<![CDATA[")):
			if len(l.open) == 0 {
				return token{}, l.wrong("text stands outside of all elements")
			}
			if err := l.skip("<![CDATA[", "]]>", l.Keep); err != nil {
				return token{}, err
			}
		default:
			return token{}, l.wrong("it declares a document type, and with it entities: that is not read")
		}
	}
}

// special are the bytes behind < by which what follows opens no element.
var special = [256]bool{'/': true, '?': true, '!': true}

// skipText goes to the next <, past text, which is kept if it is wanted. Outside of
// the root element there is but white space.
func (l *lexer) skipText() error {
	from := len(l.Text)
	for {
		rest := l.window[l.at:]
		i := bytes.IndexByte(rest, '<')
		text := rest
		if i >= 0 {
			text = rest[:i]
		}
		if len(l.open) == 0 && len(text) > 0 && len(bytes.TrimSpace(text)) > 0 {
			if l.base == 0 && l.at == 0 {
				return l.notXML()
			}
			return l.wrong("text stands outside of all elements")
		}
		if l.Keep {
			if len(l.Text)+len(text) > mostText {
				return l.wrong(fmt.Sprintf("a text is longer than %d bytes", mostText))
			}
			l.Text = append(l.Text, text...)
		}
		l.at += len(text)
		if i >= 0 {
			break
		}
		if !l.fill() {
			if l.fault != nil {
				return l.fault
			}
			if len(l.open) > 0 {
				return l.short("the element " + strconv.Quote(string(l.top())))
			}
			return io.EOF
		}
	}
	if l.Keep && bytes.IndexByte(l.Text[from:], '&') >= 0 {
		plain, err := unescaped(l.Text[from:])
		if err != nil {
			return l.wrong(err.Error())
		}
		l.Text = append(l.Text[:from], plain...)
	}
	return nil
}

// notXML says what a file is that does not begin as XML does.
func (l *lexer) notXML() error {
	text := l.peek(16)
	switch {
	case bytes.HasPrefix(text, []byte("PK\x03\x04")):
		return errors.New("is a zip file: unpack it, or take proteinatlas.xml.gz")
	case bytes.HasPrefix(text, []byte("\xef\xbb\xbf")):
		l.at += 3
		return l.skipText()
	case bytes.HasPrefix(text, []byte("\xff\xfe")), bytes.HasPrefix(text, []byte("\xfe\xff")):
		return errors.New("is in UTF-16; the Atlas is in UTF-8")
	}
	return fmt.Errorf("is no XML: it begins with %q", text)
}

var encoding = regexp.MustCompile(`encoding\s*=\s*["']([^"']*)["']`)

// instruction passes over <? ?>. The first may say how the text is encoded.
func (l *lexer) instruction() error {
	end, err := l.find("?>", 2, mostTag)
	if err != nil {
		return err
	}
	if m := encoding.FindSubmatch(l.window[l.at:end]); m != nil && bytes.HasPrefix(l.window[l.at:], []byte("<?xml ")) &&
		!strings.EqualFold(string(m[1]), "utf-8") && !strings.EqualFold(string(m[1]), "us-ascii") {
		return l.wrong(fmt.Sprintf("it is encoded as %.40q; UTF-8 is read", m[1]))
	}
	l.at = end
	return nil
}

// find is the place in the window behind a mark, which is looked for some bytes
// behind the next one, and comes within so many.
func (l *lexer) find(mark string, from, most int) (int, error) {
	for {
		rest := l.window[l.at:]
		if len(rest) > from {
			if i := bytes.Index(rest[from:], []byte(mark)); i >= 0 && from+i <= most {
				return l.at + from + i + len(mark), nil
			}
			from = max(from, len(rest)-len(mark)+1)
		}
		if len(rest) > most {
			return 0, l.wrong(fmt.Sprintf("what begins with %q is longer than %d bytes", rest[:12], most))
		}
		if !l.fill() {
			return 0, l.short(strconv.Quote(mark))
		}
	}
}

// bracket is find for the > of a tag. Millions of tags come by here.
func (l *lexer) bracket(from int) (int, error) {
	if rest := l.window[l.at:]; len(rest) > from {
		if i := bytes.IndexByte(rest[from:], '>'); i >= 0 && from+i <= mostTag {
			return l.at + from + i + 1, nil
		}
	}
	return l.find(">", from, mostTag)
}

// skip passes over a comment or a CDATA section of any length.
func (l *lexer) skip(begin, end string, keep bool) error {
	l.peek(len(begin))
	l.at += len(begin)
	for {
		rest := l.window[l.at:]
		i := bytes.Index(rest, []byte(end))
		text := rest[:max(0, len(rest)-len(end)+1)]
		if i >= 0 {
			text = rest[:i]
		}
		if keep {
			if len(l.Text)+len(text) > mostText {
				return l.wrong(fmt.Sprintf("a text is longer than %d bytes", mostText))
			}
			l.Text = append(l.Text, text...)
		}
		l.at += len(text)
		if i >= 0 {
			l.at += len(end)
			return nil
		}
		if !l.fill() {
			return l.short(strconv.Quote(end))
		}
	}
}

func (l *lexer) endTag() (token, error) {
	end, err := l.bracket(2)
	if err != nil {
		return token{}, err
	}
	name := l.window[l.at+2 : end-1]
	for len(name) > 0 && blank(name[len(name)-1]) {
		name = name[:len(name)-1]
	}
	if len(l.open) == 0 || !bytes.Equal(name, l.top()) {
		return token{}, l.wrong(fmt.Sprintf("</%.80s> closes what is not open", name))
	}
	l.at = end
	return token{kind: closes, name: l.pop()}, nil
}

func (l *lexer) startTag() (token, error) {
	end, err := l.tagEnd()
	if err != nil {
		return token{}, err
	}
	tag := l.window[l.at+1 : end-1]
	if len(tag) > 0 && tag[len(tag)-1] == '/' {
		l.single = true
		tag = tag[:len(tag)-1]
	}
	n := 0
	for n < len(tag) && !ends[tag[n]] {
		n++
	}
	name, attrs := tag[:n], tag[n:]
	switch {
	case n == 0 || n < len(tag) && !blank(tag[n]):
		return token{}, l.wrong(fmt.Sprintf("<%.80s is no tag", tag))
	case len(l.open) == mostDepth:
		return token{}, l.wrong(fmt.Sprintf("elements stand in one another more than %d deep", mostDepth))
	}
	l.open = append(l.open, len(l.names))
	l.names = append(l.names, name...)
	l.at = end
	return token{kind: opens, name: local(name), attrs: attrs}, nil
}

// ends are the bytes that no name has.
var ends = func() (table [256]bool) {
	for _, c := range []byte(" \t\r\n<>&\"'=/") {
		table[c] = true
	}
	return table
}()

func blank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// tagEnd is the place behind the > that ends a tag: one that is not in quotes.
func (l *lexer) tagEnd() (int, error) {
	from := 1
	for {
		end, err := l.bracket(from)
		if err != nil {
			return 0, err
		}
		tag := l.window[l.at:end]
		if bytes.IndexByte(tag, '\'') < 0 && bytes.Count(tag, []byte{'"'})%2 == 0 || closed(tag) {
			return end, nil
		}
		from = len(tag)
	}
}

// closed says that no quotes are open at the end of a tag.
func closed(tag []byte) bool {
	quote := byte(0)
	for _, c := range tag {
		switch {
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case c == quote:
			quote = 0
		}
	}
	return quote == 0
}

// local is a name without the prefix of a namespace.
func local(name []byte) []byte { return name[bytes.IndexByte(name, ':')+1:] }

func (l *lexer) top() []byte { return l.names[l.open[len(l.open)-1]:] }

func (l *lexer) pop() []byte {
	name := l.top()
	l.names = l.names[:len(l.names)-len(name)]
	l.open = l.open[:len(l.open)-1]
	return local(name)
}

// peek is what comes next, of so many bytes if there are.
func (l *lexer) peek(n int) []byte {
	for len(l.window)-l.at < n && l.fill() {
	}
	return l.window[l.at:min(len(l.window), l.at+n)]
}

// fill reads more, and says whether more came. What has been passed goes.
func (l *lexer) fill() bool {
	if l.at > 0 {
		l.base += int64(l.at)
		l.window = l.window[:copy(l.window, l.window[l.at:])]
		l.at = 0
	}
	for tries := 0; !l.ended && tries < 100; tries++ {
		n, err := l.in.Read(l.window[len(l.window):cap(l.window)])
		l.window = l.window[:len(l.window)+n]
		if err != nil {
			l.ended = true
			if !errors.Is(err, io.EOF) {
				l.fault = err
			}
		}
		if n > 0 {
			return true
		}
	}
	return false
}

// short says that the file ends too early, or why it could not be read on.
func (l *lexer) short(within string) error {
	if l.fault != nil {
		return l.fault
	}
	return l.wrong("the file ends within " + within)
}

func (l *lexer) wrong(text string) error {
	return fmt.Errorf("byte %d: %s", l.base+int64(l.at), text)
}

// attr is the value of an attribute of a tag; empty where there is none.
func (l *lexer) attr(t token, name string) (string, error) {
	rest := t.attrs
	for {
		rest = bytes.TrimLeft(rest, " \t\r\n")
		if len(rest) == 0 {
			return "", nil
		}
		equals := bytes.IndexByte(rest, '=')
		if equals < 0 {
			return "", l.wrong(fmt.Sprintf("%.80q is no attribute", rest))
		}
		key := bytes.TrimRight(rest[:equals], " \t\r\n")
		rest = bytes.TrimLeft(rest[equals+1:], " \t\r\n")
		if len(rest) == 0 || rest[0] != '"' && rest[0] != '\'' {
			return "", l.wrong(fmt.Sprintf("the attribute %.80q has no value in quotes", key))
		}
		end := bytes.IndexByte(rest[1:], rest[0])
		if end < 0 {
			return "", l.wrong(fmt.Sprintf("the value of %.80q does not end", key))
		}
		if string(local(key)) == name {
			return l.plain(rest[1 : 1+end])
		}
		rest = rest[2+end:]
	}
}

// plain is a text as it is meant: its entities resolved, in UTF-8, without
// control characters and the blanks around it.
func (l *lexer) plain(b []byte) (string, error) {
	text, err := unescaped(b)
	if err == nil {
		err = printable(text)
	}
	if err != nil {
		return "", l.wrong(err.Error())
	}
	return string(bytes.TrimSpace(text)), nil
}

// text is what Text holds, and empties it.
func (l *lexer) text() (string, error) {
	text := bytes.TrimSpace(l.Text)
	l.Text, l.Keep = l.Text[:0], false
	if err := printable(text); err != nil {
		return "", l.wrong(err.Error())
	}
	return string(text), nil
}

func printable(text []byte) error {
	if !utf8.Valid(text) {
		return fmt.Errorf("%.80q is no UTF-8", text)
	}
	for _, c := range text {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == 0x7f {
			return fmt.Errorf("%.80q has a control character", text)
		}
	}
	return nil
}

// entities are those that XML has without a declaration.
var entities = map[string]string{"amp": "&", "lt": "<", "gt": ">", "quot": `"`, "apos": "'"}

// unescaped resolves references to entities and characters.
func unescaped(b []byte) ([]byte, error) {
	if bytes.IndexByte(b, '&') < 0 {
		return b, nil
	}
	out := make([]byte, 0, len(b))
	for {
		i := bytes.IndexByte(b, '&')
		if i < 0 {
			return append(out, b...), nil
		}
		out = append(out, b[:i]...)
		end := bytes.IndexByte(b[i:min(len(b), i+16)], ';')
		if end < 0 {
			return nil, fmt.Errorf("%.16q is no reference", b[i:])
		}
		name := string(b[i+1 : i+end])
		text, known := entities[name]
		if !known {
			r, err := character(name)
			if err != nil {
				return nil, err
			}
			text = string(r)
		}
		out = append(out, text...)
		b = b[i+end+1:]
	}
}

// character is that of a reference by number.
func character(name string) (rune, error) {
	digits, number := strings.CutPrefix(name, "#")
	base := 10
	if hex, is := strings.CutPrefix(digits, "x"); is {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if !number || err != nil || n == 0 || n > utf8.MaxRune || !utf8.ValidRune(rune(n)) {
		return 0, fmt.Errorf("&%s; is no entity that XML has by itself: what files declare is not read", name)
	}
	return rune(n), nil
}
