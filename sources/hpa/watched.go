package hpa

import (
	"fmt"
	"os"
	"time"
)

// tellEvery is how often it is said how much of a large file has been read.
const tellEvery = 20 * time.Second

// watched tells how much of a file has been read, for the whole Atlas takes minutes.
type watched struct {
	file *os.File
	size int64 // 0: it is not known
	read int64
	told time.Time
	tell func(text string)
}

func (w *watched) Read(b []byte) (int, error) {
	n, err := w.file.Read(b)
	w.read += int64(n)
	if w.size > 0 && time.Since(w.told) > tellEvery {
		w.told = time.Now()
		w.tell(fmt.Sprintf("%s: %d%% read", w.file.Name(), 100*w.read/w.size))
	}
	return n, err
}
