package feed

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"
)

// saidAfter is when people are told what a source waits for.
const saidAfter = 2 * time.Second

// Patient reads a file that may have nothing to give for long, as a pipe: the
// wait is booked as one for something outside the flow, is told of, and ends
// with the run.
type Patient struct {
	Ctx     context.Context
	Reader  io.Reader
	File    *os.File // that Reader reads
	Waiting func() (done func())
	Note    func(text string)

	said bool
}

func (p *Patient) Read(b []byte) (int, error) {
	ready, err := await(p.Ctx, p.File, 0)
	if err == nil && !ready {
		err = p.wait()
	}
	if err != nil {
		return 0, err
	}
	return p.Reader.Read(b)
}

func (p *Patient) wait() error {
	defer p.Waiting()()
	began := time.Now()
	for {
		ready, err := await(p.Ctx, p.File, pollTime)
		if ready || err != nil {
			return err
		}
		if !p.said && time.Since(began) > saidAfter {
			p.said = true
			p.Note(fmt.Sprintf("waiting for %s", p.File.Name()))
		}
	}
}
