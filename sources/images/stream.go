package images

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"hpaflow/data"
	"hpaflow/flow"
	"hpaflow/flow/component"
)

// maxPending bounds the images of incomplete samples held while a tar stream
// is read.
const maxPending = 1 << 30

// fromStream reads file names or a tar stream, whichever it is, and yields
// each sample as soon as its last channel has come.
func fromStream(ctx context.Context, r io.Reader, g *grouping, out *flow.Emitter[*data.Sample]) error {
	in := bufio.NewReaderSize(r, 1<<16)
	head, err := in.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("standard input: %w", err)
	}
	if isTar(head) {
		err = fromTar(ctx, tar.NewReader(in), g, out)
	} else {
		err = fromNames(ctx, in, g, out)
	}
	if err != nil {
		return err
	}
	for _, s := range g.rest() {
		if err := s.yield(out); err != nil {
			return err
		}
	}
	return nil
}

func isTar(head []byte) bool { return len(head) == 512 && bytes.Equal(head[257:262], []byte("ustar")) }

func fromTar(ctx context.Context, in *tar.Reader, g *grouping, out *flow.Emitter[*data.Sample]) error {
	for ctx.Err() == nil {
		header, err := in.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("standard input: tar stream: %w", err)
		}
		if header.Typeflag != tar.TypeReg {
			continue
		}
		if g.bytes+header.Size > maxPending {
			return fmt.Errorf("standard input: tar stream: %s of images wait for their other channels at %s; "+
				"put the files of a sample beside one another", component.FormatSize(g.bytes), header.Name)
		}
		content, err := io.ReadAll(in)
		if err != nil {
			return fmt.Errorf("standard input: tar stream: %s: %w", header.Name, err)
		}
		if err := yieldComplete(g, data.File{Name: header.Name, Data: content}, out); err != nil {
			return err
		}
	}
	return context.Cause(ctx)
}

// fromNames reads names that end in a newline or, as find -print0 writes
// them, in a NUL.
func fromNames(ctx context.Context, in *bufio.Reader, g *grouping, out *flow.Emitter[*data.Sample]) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	lines.Split(splitNames)
	for lines.Scan() && ctx.Err() == nil {
		if err := yieldComplete(g, data.File{Name: lines.Text()}, out); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("standard input: file names: %w", err)
	}
	return context.Cause(ctx)
}

func splitNames(text []byte, atEOF bool) (int, []byte, error) {
	if i := bytes.IndexAny(text, "\x00\n"); i >= 0 {
		return i + 1, bytes.TrimSuffix(text[:i], []byte("\r")), nil
	}
	if atEOF && len(text) > 0 {
		return len(text), text, nil
	}
	return 0, nil, nil
}

func yieldComplete(g *grouping, f data.File, out *flow.Emitter[*data.Sample]) error {
	s := g.add(f)
	if s == nil {
		return nil
	}
	g.take(s)
	return s.yield(out)
}
