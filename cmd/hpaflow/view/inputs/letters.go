package inputs

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"

	"hpaflow/data"
	"hpaflow/data/regular"
)

// mostLetters is how much of a file of dead letters is read.
const mostLetters = 1 << 30

func (l *Loader) readLetters(in *Input) (string, error) {
	f, _, err := regular.Open(in.Path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	lines := bufio.NewScanner(io.LimitReader(f, mostLetters))
	lines.Buffer(nil, 1<<20)
	letters, strange := 0, 0
	for lines.Scan() {
		var letter struct{ Key, Stage, Cause string }
		if json.Unmarshal(lines.Bytes(), &letter) != nil || data.CheckKey(letter.Key) != nil {
			strange++
			continue
		}
		letters++
		l.lose(letter.Key, letter.Stage+": "+letter.Cause)
	}
	note := fmt.Sprintf("%d letters", letters)
	if strange > 0 {
		note += fmt.Sprintf("; %d lines are none, or of no sample", strange)
	}
	return note, lines.Err()
}
