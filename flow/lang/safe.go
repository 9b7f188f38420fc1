package lang

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// password finds the password in the address of a server.
var password = regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*://[^\s/?#:@]*):[^\s/?#]*@`)

// Safe is text that may hold names of files, keys and addresses, as it may be
// shown: on one line, with escapes such as \n and \u202e in the place of what a
// terminal would obey or hide, and without the passwords of addresses. Whatever
// people are told goes through it.
func Safe(text string) string {
	if strings.Contains(text, "://") {
		text = password.ReplaceAllString(text, "${1}:***@")
	}
	if strings.IndexFunc(text, hidden) < 0 && utf8.ValidString(text) {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && size == 1:
			b.WriteString(`\x` + strconv.FormatUint(uint64(text[0]), 16))
		case hidden(r):
			quoted := strconv.QuoteRune(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		default:
			b.WriteString(text[:size])
		}
		text = text[size:]
	}
	return b.String()
}

// SafeLines is Safe for text of several lines; those after the first are
// indented, so that none can pass for a message of its own.
func SafeLines(text string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i := range lines {
		lines[i] = safeTabs(lines[i])
	}
	return strings.Join(lines, "\n  ")
}

// safeTabs is Safe for a line that may hold tabs.
func safeTabs(line string) string {
	parts := strings.Split(line, "\t")
	for i := range parts {
		parts[i] = Safe(parts[i])
	}
	return strings.Join(parts, "\t")
}

func hidden(r rune) bool { return !unicode.IsPrint(r) }
