package s3

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"hpaflow/data/store"
	"hpaflow/data/store/remote"
)

// newBody can be read from its beginning again, as signing over http wants.
func newBody(b []byte) io.ReadSeeker { return bytes.NewReader(b) }

// isRange says that an object ends before what was asked for.
func isRange(err error) bool {
	var of *smithyhttp.ResponseError
	return errors.As(err, &of) && of.HTTPStatusCode() == http.StatusRequestedRangeNotSatisfiable
}

// upload is one in parts.
type upload struct {
	s   *service
	key string
	id  *string
	m   remote.Making

	mu    sync.Mutex
	tags  map[int]*string
	sizes map[int]int64
}

func (s *service) Begin(ctx context.Context, key string, m remote.Making) (remote.Upload, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	out, err := s.client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: &s.u.Bucket, Key: &key, Metadata: map[string]string{writerName: m.Writer}}, s.options)
	if err := s.fault(ctx, key, err, false); err != nil {
		return nil, err
	}
	return &upload{s: s, key: key, id: out.UploadId, m: m, tags: map[int]*string{}, sizes: map[int]int64{}}, nil
}

func (u *upload) Part(ctx context.Context, number int, _ int64, body []byte) error {
	if err := u.s.ready(ctx); err != nil {
		return err
	}
	out, err := u.s.client.UploadPart(ctx, &s3.UploadPartInput{
		Bucket: &u.s.u.Bucket, Key: &u.key, UploadId: u.id, PartNumber: aws.Int32(int32(number + 1)),
		Body: newBody(body), ContentLength: aws.Int64(int64(len(body))),
	}, u.s.options)
	if err := u.s.fault(ctx, u.key, err, false); err != nil {
		return err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.tags[number], u.sizes[number] = out.ETag, int64(len(body))
	return nil
}

// Complete has the condition: the object appears with it.
func (u *upload) Complete(ctx context.Context, _ int64, _ []byte) (store.Object, error) {
	if err := u.s.ready(ctx); err != nil {
		return store.Object{}, err
	}
	o := store.Object{Key: u.key}
	list := &types.CompletedMultipartUpload{}
	u.mu.Lock()
	for _, number := range slices.Sorted(maps.Keys(u.tags)) {
		list.Parts = append(list.Parts, types.CompletedPart{ETag: u.tags[number], PartNumber: aws.Int32(int32(number + 1))})
		o.Size += u.sizes[number]
	}
	u.mu.Unlock()
	in := &s3.CompleteMultipartUploadInput{Bucket: &u.s.u.Bucket, Key: &u.key, UploadId: u.id, MultipartUpload: list}
	if u.m.IfAbsent {
		in.IfNoneMatch = aws.String("*")
	}
	out, err := u.s.client.CompleteMultipartUpload(ctx, in, u.s.options)
	if err := u.s.fault(ctx, u.key, err, u.m.IfAbsent); err != nil {
		return store.Object{}, err
	}
	o.Version = aws.ToString(out.ETag)
	return o, nil
}

func (u *upload) Abort(ctx context.Context) error {
	_, err := u.s.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &u.s.u.Bucket, Key: &u.key, UploadId: u.id}, u.s.options)
	if err = u.s.fault(ctx, u.key, err, false); errors.Is(err, remote.ErrUploadGone) {
		return nil
	}
	return err
}
