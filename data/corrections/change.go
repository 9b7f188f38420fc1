package corrections

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"hpaflow/data"
)

// Change is a row: what is changed of one sample.
type Change struct {
	ID     string
	Exact  bool        // Labels are all there are; else they are added
	Labels data.Labels // of Exact, or to be added
	Drop   data.Labels // to be taken away
	Flag   bool
	Unflag bool
	Unnote bool
	Undo   time.Time // of the change that counts no more; zero: none
	Note   string
	Time   time.Time
}

// The words of Target.
const (
	wordAdd    = "add:"
	wordDrop   = "drop:"
	wordUndo   = "undo:"
	wordNone   = "none"
	wordFlag   = "flag"
	wordUnflag = "unflag"
	wordUnnote = "unnote"
)

// MaxNote is the most bytes of a note.
const MaxNote = 4096

// timeForm is how times are written: of one length, in UTC.
const timeForm = "2006-01-02T15:04:05.000000000Z"

// parseTarget reads the words of a Target into the change.
func (c *Change) parseTarget(text string, classes int) error {
	var exact []string
	for word := range strings.FieldsSeq(text) {
		var err error
		switch {
		case word == wordNone:
			c.Exact = true
		case word == wordFlag:
			c.Flag = true
		case word == wordUnflag:
			c.Unflag = true
		case word == wordUnnote:
			c.Unnote = true
		case strings.HasPrefix(word, wordAdd):
			err = addTo(&c.Labels, word[len(wordAdd):], classes)
		case strings.HasPrefix(word, wordDrop):
			err = addTo(&c.Drop, word[len(wordDrop):], classes)
		case strings.HasPrefix(word, wordUndo):
			if c.Undo, err = time.Parse(time.RFC3339Nano, word[len(wordUndo):]); err != nil {
				err = fmt.Errorf("%q is no time", word[len(wordUndo):])
			}
		default:
			exact = append(exact, word)
		}
		if err != nil {
			return err
		}
	}
	if exact != nil {
		labels, err := data.ParseLabels(strings.Join(exact, " "), classes)
		if err != nil {
			return fmt.Errorf("%w; Target has label numbers, %sN, %sN, %s, %s, %s, %s or %sTIME", err, wordAdd, wordDrop, wordNone, wordFlag, wordUnflag, wordUnnote, wordUndo)
		}
		if c.Labels != 0 || c.Exact {
			return fmt.Errorf("target %q has exact labels and others", text)
		}
		c.Exact, c.Labels = true, labels
	}
	return c.check(classes)
}

func addTo(set *data.Labels, number string, classes int) error {
	n, err := strconv.Atoi(number)
	if err != nil || n < 0 || n >= classes {
		return fmt.Errorf("label %q is not a number in 0..%d", number, classes-1)
	}
	*set |= data.LabelsOf(n)
	return nil
}

// check says what is wrong with a change.
func (c *Change) check(classes int) error {
	switch {
	case (c.Labels|c.Drop)>>classes != 0 && classes < data.MaxClasses:
		return fmt.Errorf("labels are below %d", classes)
	case c.Labels&c.Drop != 0:
		return fmt.Errorf("label %s is both added and dropped", c.Labels&c.Drop)
	case c.Exact && c.Drop != 0:
		return fmt.Errorf("label %s is dropped from labels that are given exactly", c.Drop)
	case c.Flag && c.Unflag:
		return fmt.Errorf("the sample is both flagged and not")
	case c.Unnote && c.Note != "":
		return fmt.Errorf("a note is both written and removed")
	}
	return nil
}

// target is the change as Target has it.
func (c *Change) target() string {
	var words []string
	add := func(prefix string, labels data.Labels) {
		for _, n := range labels.Numbers() {
			words = append(words, prefix+strconv.Itoa(n))
		}
	}
	switch {
	case c.Exact && c.Labels == 0:
		words = append(words, wordNone)
	case c.Exact:
		add("", c.Labels)
	default:
		add(wordAdd, c.Labels)
	}
	add(wordDrop, c.Drop)
	for _, w := range []struct {
		said bool
		word string
	}{{c.Flag, wordFlag}, {c.Unflag, wordUnflag}, {c.Unnote, wordUnnote}} {
		if w.said {
			words = append(words, w.word)
		}
	}
	if !c.Undo.IsZero() {
		words = append(words, wordUndo+c.Undo.UTC().Format(timeForm))
	}
	return strings.Join(words, " ")
}

// cleanNote makes a note fit for a row: of one line and of a bounded length. What a
// spreadsheet would take for a formula gets a blank before it, which readers drop.
func cleanNote(note string) string {
	note = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r) || r == '\u2028' || r == '\u2029':
			return ' '
		case r == utf8.RuneError:
			return -1
		}
		return r
	}, note)
	note = strings.TrimSpace(note)
	for len(note) > MaxNote {
		_, size := utf8.DecodeLastRuneInString(note)
		note = note[:len(note)-size]
	}
	return note
}

func shielded(note string) string {
	if note != "" && strings.ContainsRune("=+-@", rune(note[0])) {
		return " " + note
	}
	return note
}
