package images

import (
	"archive/tar"
	"bufio"
	"context"
	"io"

	"hpaflow/data"
	"hpaflow/data/atomicfile"
	"hpaflow/flow"
)

// tarSink writes records as the members of one tar stream. Its headers hold
// nothing that differs from run to run.
type tarSink struct {
	buffer *bufio.Writer
	tar    *tar.Writer
}

func newTarSink(w io.Writer) *tarSink {
	b := bufio.NewWriterSize(w, 1<<20)
	return &tarSink{b, tar.NewWriter(b)}
}

func (s *tarSink) Open(context.Context) error { return nil }

func (s *tarSink) Write(_ context.Context, r flow.Record[data.File]) error {
	if err := atomicfile.CheckPath(r.Value.Name); err != nil { // whoever unpacks it is not to be led astray
		return flow.OfRecord(err)
	}
	err := s.tar.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: r.Value.Name, Size: int64(len(r.Value.Data)), Mode: 0o644})
	if err != nil {
		return err
	}
	_, err = s.tar.Write(r.Value.Data)
	return err
}

// Commit writes the end marks, by which a reader knows that nothing is missing.
func (s *tarSink) Commit(context.Context) error {
	if err := s.tar.Close(); err != nil {
		return err
	}
	return s.buffer.Flush()
}

// Abort leaves the stream without its end marks.
func (s *tarSink) Abort() error { return s.buffer.Flush() }
