package images

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"
)

// saidAfter is when people are told what a source waits for.
const saidAfter = 2 * time.Second

// patient reads a file that may have nothing to give for long, as a pipe: the
// wait is booked as one for something outside the flow, is told of, and ends
// with the run.
type patient struct {
	ctx     context.Context
	r       io.Reader
	file    *os.File // that r reads
	waiting func() (done func())
	note    func(text string)
	said    bool
}

func (p *patient) Read(b []byte) (int, error) {
	ready, err := await(p.ctx, p.file, 0)
	if err == nil && !ready {
		err = p.wait()
	}
	if err != nil {
		return 0, err
	}
	return p.r.Read(b)
}

func (p *patient) wait() error {
	defer p.waiting()()
	began := time.Now()
	for {
		ready, err := await(p.ctx, p.file, pollTime)
		if ready || err != nil {
			return err
		}
		if !p.said && time.Since(began) > saidAfter {
			p.said = true
			p.note(fmt.Sprintf("waiting for %s", p.file.Name()))
		}
	}
}
