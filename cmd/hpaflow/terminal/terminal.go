package terminal

import (
	"io"
	"os"

	"golang.org/x/term"
)

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// Moves says whether a line can be written over: on a terminal that knows how,
// and has room.
func Moves(w io.Writer) bool {
	if !isTerminal(w) || os.Getenv("TERM") == "dumb" {
		return false
	}
	width, height, err := term.GetSize(int(w.(*os.File).Fd()))
	return err == nil && width > 0 && height > 0
}

// Colours says whether text may have colours: on a terminal that has them,
// where nobody has set NO_COLOR (no-color.org).
func Colours(w io.Writer) bool {
	return isTerminal(w) && os.Getenv("TERM") != "dumb" && os.Getenv("NO_COLOR") == ""
}
