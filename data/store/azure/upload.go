package azure

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"

	"hpaflow/data/store"
	"hpaflow/data/store/remote"
)

// upload is a list of blocks, whose names begin with the writer's: a blob's blocks
// are those of all who write it.
type upload struct {
	s   *service
	key string
	m   remote.Making

	mu    sync.Mutex
	sizes map[int]int64
}

// Begin asks for nothing: blocks need no beginning.
func (s *service) Begin(_ context.Context, key string, m remote.Making) (remote.Upload, error) {
	return &upload{s: s, key: key, m: m, sizes: map[int]int64{}}, nil
}

func (u *upload) name(number int) string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%s-%06d", u.m.Writer, number))
}

func (u *upload) Part(ctx context.Context, number int, _ int64, body []byte) error {
	_, err := u.s.client.NewBlockBlobClient(u.key).StageBlock(ctx, u.name(number), content(body), nil)
	if err := u.s.fault(ctx, u.key, err, false); err != nil {
		return err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.sizes[number] = int64(len(body))
	return nil
}

// Complete sends the list. One whose blocks are gone comes after another's, which
// discarded them.
func (u *upload) Complete(ctx context.Context, _ int64, _ []byte) (store.Object, error) {
	o := store.Object{Key: u.key}
	var names []string
	u.mu.Lock()
	for _, number := range slices.Sorted(maps.Keys(u.sizes)) {
		names = append(names, u.name(number))
		o.Size += u.sizes[number]
	}
	u.mu.Unlock()
	out, err := u.s.client.NewBlockBlobClient(u.key).CommitBlockList(ctx, names, &blockblob.CommitBlockListOptions{Metadata: metadata(u.m), AccessConditions: condition(u.m)})
	if bloberror.HasCode(err, bloberror.InvalidBlockList, bloberror.InvalidBlobOrBlock) {
		return o, u.discarded(ctx)
	}
	if err := u.s.fault(ctx, u.key, err, u.m.IfAbsent); err != nil {
		return o, err
	}
	o.Version, o.Modified = version(out.ETag), value(out.LastModified)
	return o, nil
}

func (u *upload) discarded(ctx context.Context) error {
	_, writer, err := u.s.Head(ctx, u.key)
	if err == nil && u.m.IfAbsent && writer != u.m.Writer {
		return &store.Error{URL: u.s.URL(u.key), Kind: store.ErrExist}
	}
	return &store.Error{URL: u.s.URL(u.key), Cause: errors.New("another writer made the object meanwhile, and what was sent of this one was discarded")}
}

// Abort leaves blocks that no list names to the server, which removes them in time.
func (u *upload) Abort(context.Context) error { return nil }
