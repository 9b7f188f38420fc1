package azure

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"

	"hpaflow/data/store"
	"hpaflow/data/store/remote"
)

// writerName is under which a blob's metadata has the name of who wrote it.
const writerName = "hpaflow_writer"

// value is what a pointer leads to.
func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

func (s *service) ListPage(ctx context.Context, o store.ListOptions, token string) (page remote.Page, err error) {
	marker, prefix := to.Ptr(token), to.Ptr(o.Prefix)
	if token == "" {
		marker = nil
	}
	var items []*container.BlobItem
	if o.Folder {
		out, err := s.client.NewListBlobsHierarchyPager("/", &container.ListBlobsHierarchyOptions{Prefix: prefix, Marker: marker}).NextPage(ctx)
		if err := s.fault(ctx, "", err, false); err != nil {
			return page, err
		}
		if out.Segment != nil {
			for _, p := range out.Segment.BlobPrefixes {
				page.Objects = append(page.Objects, store.Object{Key: value(p.Name), Folder: true})
			}
			items = out.Segment.BlobItems
		}
		page.Next = value(out.NextMarker)
	} else {
		out, err := s.client.NewListBlobsFlatPager(&container.ListBlobsFlatOptions{Prefix: prefix, Marker: marker}).NextPage(ctx)
		if err := s.fault(ctx, "", err, false); err != nil {
			return page, err
		}
		if out.Segment != nil {
			items = out.Segment.BlobItems
		}
		page.Next = value(out.NextMarker)
	}
	for _, item := range items {
		key := value(item.Name)
		if item.Properties == nil || key == "" || strings.HasSuffix(key, "/") {
			continue // a stand-in for a folder
		}
		p := item.Properties
		page.Objects = append(page.Objects, store.Object{Key: key, Size: value(p.ContentLength), Version: version(p.ETag), Modified: value(p.LastModified)})
	}
	return page, nil
}

// version is an ETag in the form that requests have: listings leave the quotes out.
func version(tag *azcore.ETag) string {
	text := string(value(tag))
	if text != "" && !strings.HasSuffix(text, `"`) {
		text = `"` + text + `"`
	}
	return text
}

func (s *service) Get(ctx context.Context, key, of string, offset, length int64) (body remote.Body, err error) {
	if length < 0 {
		length = blob.CountToEnd
	}
	o := &blob.DownloadStreamOptions{Range: blob.HTTPRange{Offset: offset, Count: length}}
	if of != "" {
		o.AccessConditions = &blob.AccessConditions{ModifiedAccessConditions: &blob.ModifiedAccessConditions{IfMatch: to.Ptr(azcore.ETag(of))}}
	}
	out, err := s.client.NewBlobClient(key).DownloadStream(ctx, o)
	if err := s.fault(ctx, key, err, false); err != nil {
		return body, err
	}
	body = remote.Body{ReadCloser: out.Body, Object: store.Object{Key: key, Size: value(out.ContentLength), Version: version(out.ETag), Modified: value(out.LastModified)}}
	if out.ContentRange == nil {
		body.ToEnd = true
		return body, nil
	}
	err = body.InRange(s.URL(key), *out.ContentRange)
	return body, err
}

func (s *service) Head(ctx context.Context, key string) (store.Object, string, error) {
	out, err := s.client.NewBlobClient(key).GetProperties(ctx, nil)
	if err := s.fault(ctx, key, err, false); err != nil {
		return store.Object{}, "", err
	}
	writer := ""
	for name, text := range out.Metadata {
		if strings.EqualFold(name, writerName) { // as a header, which has no case
			writer = value(text)
		}
	}
	return store.Object{Key: key, Size: value(out.ContentLength), Version: version(out.ETag), Modified: value(out.LastModified)}, writer, nil
}

func metadata(m remote.Making) map[string]*string {
	return map[string]*string{writerName: to.Ptr(m.Writer)}
}

// condition is that of what is to be made where nothing is.
func condition(m remote.Making) *blob.AccessConditions {
	if !m.IfAbsent {
		return nil
	}
	return &blob.AccessConditions{ModifiedAccessConditions: &blob.ModifiedAccessConditions{IfNoneMatch: to.Ptr(azcore.ETagAny)}}
}

func content(body []byte) io.ReadSeekCloser { return streaming.NopCloser(bytes.NewReader(body)) }

func (s *service) Put(ctx context.Context, key string, body []byte, m remote.Making) (store.Object, error) {
	out, err := s.client.NewBlockBlobClient(key).Upload(ctx, content(body), &blockblob.UploadOptions{Metadata: metadata(m), AccessConditions: condition(m)})
	if err := s.fault(ctx, key, err, m.IfAbsent); err != nil {
		return store.Object{}, err
	}
	return store.Object{Key: key, Size: int64(len(body)), Version: version(out.ETag), Modified: value(out.LastModified)}, nil
}

func (s *service) Delete(ctx context.Context, key string) error {
	_, err := s.client.NewBlobClient(key).Delete(ctx, nil)
	if err = s.fault(ctx, key, err, false); errors.Is(err, store.ErrNotExist) {
		return nil
	}
	return err
}
