package s3

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"hpaflow/data/store"
	"hpaflow/data/store/remote"
)

// writerName is under which an object's metadata has the name of who wrote it.
const writerName = "hpaflow-writer"

func (s *service) ListPage(ctx context.Context, o store.ListOptions, token string) (page remote.Page, err error) {
	if err := s.ready(ctx); err != nil {
		return page, err
	}
	in := &s3.ListObjectsV2Input{Bucket: &s.u.Bucket}
	if o.Prefix != "" {
		in.Prefix = &o.Prefix
	}
	if o.Folder {
		in.Delimiter = aws.String("/")
	}
	if token != "" {
		in.ContinuationToken = &token
	}
	out, err := s.client.ListObjectsV2(ctx, in, s.options)
	if err := s.fault(ctx, "", err, false); err != nil {
		return page, err
	}
	for _, p := range out.CommonPrefixes {
		page.Objects = append(page.Objects, store.Object{Key: aws.ToString(p.Prefix), Folder: true})
	}
	for _, c := range out.Contents {
		key := aws.ToString(c.Key)
		if strings.HasSuffix(key, "/") || key == "" {
			continue // a stand-in for a folder
		}
		page.Objects = append(page.Objects, store.Object{Key: key, Size: aws.ToInt64(c.Size), Version: aws.ToString(c.ETag), Modified: aws.ToTime(c.LastModified)})
	}
	if aws.ToBool(out.IsTruncated) {
		page.Next = aws.ToString(out.NextContinuationToken)
	}
	return page, nil
}

func (s *service) Get(ctx context.Context, key, version string, offset, length int64) (body remote.Body, err error) {
	if err := s.ready(ctx); err != nil {
		return body, err
	}
	span := remote.Span(offset, length)
	in := &s3.GetObjectInput{Bucket: &s.u.Bucket, Key: &key, Range: &span}
	if version != "" {
		in.IfMatch = &version
	}
	out, err := s.client.GetObject(ctx, in, s.options)
	if isRange(err) {
		return body, remote.ErrRange
	}
	if err := s.fault(ctx, key, err, false); err != nil {
		return body, err
	}
	body = remote.Body{ReadCloser: out.Body, Object: store.Object{Key: key, Size: aws.ToInt64(out.ContentLength), Version: aws.ToString(out.ETag), Modified: aws.ToTime(out.LastModified)}}
	if out.ContentRange == nil {
		body.ToEnd = true
		return body, nil
	}
	err = body.InRange(s.URL(key), *out.ContentRange)
	return body, err
}

func (s *service) Head(ctx context.Context, key string) (store.Object, string, error) {
	if err := s.ready(ctx); err != nil {
		return store.Object{}, "", err
	}
	out, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &s.u.Bucket, Key: &key}, s.options)
	if err != nil {
		return store.Object{}, "", s.why(ctx, s.fault(ctx, key, err, false))
	}
	s.seen.Store(true)
	return store.Object{Key: key, Size: aws.ToInt64(out.ContentLength), Version: aws.ToString(out.ETag), Modified: aws.ToTime(out.LastModified)}, out.Metadata[writerName], nil
}

// why finds out more about an answer to HEAD, which has no body: whether it is the
// bucket that is missing, or the credentials that are wrong.
func (s *service) why(ctx context.Context, err error) error {
	if s.seen.Load() || !errors.Is(err, store.ErrNotExist) && !errors.Is(err, store.ErrPermission) && !bare(err) {
		return err
	}
	_, more := s.client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &s.u.Bucket, MaxKeys: aws.Int32(1)}, s.options)
	if more = s.fault(ctx, "", more, false); more == nil || errors.Is(more, store.ErrPermission) {
		return err
	}
	return more
}

// bare says that an error has no kind and does not pass: a 400 without a body, as
// HEAD has for a token that has expired or another region.
func bare(err error) bool {
	var e *store.Error
	return errors.As(err, &e) && e.Kind == nil && !e.Later
}

func (s *service) Put(ctx context.Context, key string, body []byte, m remote.Making) (store.Object, error) {
	if err := s.ready(ctx); err != nil {
		return store.Object{}, err
	}
	in := &s3.PutObjectInput{
		Bucket: &s.u.Bucket, Key: &key, Body: newBody(body), ContentLength: aws.Int64(int64(len(body))), Metadata: map[string]string{writerName: m.Writer},
	}
	if m.IfAbsent {
		in.IfNoneMatch = aws.String("*")
	}
	out, err := s.client.PutObject(ctx, in, s.options)
	if err := s.fault(ctx, key, err, m.IfAbsent); err != nil {
		return store.Object{}, err
	}
	return store.Object{Key: key, Size: int64(len(body)), Version: aws.ToString(out.ETag)}, nil
}

// Delete is for one object: DeleteObjects wants a checksum that not all servers take.
func (s *service) Delete(ctx context.Context, key string) error {
	if err := s.ready(ctx); err != nil {
		return err
	}
	_, err := s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &s.u.Bucket, Key: &key}, s.options)
	return s.fault(ctx, key, err, false)
}
