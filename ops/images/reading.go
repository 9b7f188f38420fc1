package images

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/gzip"

	"hpaflow/data"
	"hpaflow/data/codec"
	"hpaflow/data/regular"
	"hpaflow/data/shards"
	"hpaflow/flow"
	"hpaflow/flow/component"
)

// Reading is how files are read and admitted to a decoder: within the limits of
// the run, and within its memory. Every bound is asked before the bytes are
// there that it bounds. It is of one record.
type Reading struct {
	ctx    context.Context
	limits component.Limits
	held   int64 // by what has been decoded so far
	planes int   // that the last image admitted has
	greyed int64 // files in colours of which one plane was made

	Choice codec.Choice // what is taken of files with more than one image
}

// NewReading begins to read a record's files; the context is its stage's.
func NewReading(ctx context.Context, limits component.Limits) *Reading {
	return &Reading{ctx: ctx, limits: limits}
}

// File gives a file's bytes, in the buffer if they come from a folder. What is
// no regular file is an error, as a device or a pipe may never end.
func (r *Reading) File(f data.File, buffer *[]byte) ([]byte, error) {
	if f.Data != nil {
		return f.Data, nil
	}
	info, err := os.Stat(f.Name)
	if err != nil {
		return nil, err
	}
	if err := regular.Check(f.Name, info); err != nil {
		return nil, err
	}
	if info.Size() > r.limits.MaxMember {
		return nil, fmt.Errorf("%s holds %s, more than is read of a file; %s", f.Name, component.FormatSize(info.Size()),
			component.Raise("max_member", fmt.Sprintf(`"%dMiB"`, info.Size()>>20+1)))
	}
	if err := flow.Reserve(r.ctx, r.held+info.Size(), r.held); err != nil {
		return nil, err
	}
	in, err := os.Open(f.Name)
	if err != nil {
		return nil, err
	}
	defer in.Close() // opened for reading: nothing can be lost
	b := bytes.NewBuffer((*buffer)[:0])
	b.Grow(int(info.Size()) + bytes.MinRead)
	_, err = b.ReadFrom(&bounded{in, info.Size()})
	*buffer = b.Bytes()
	return *buffer, err
}

// Unpacked takes a file out of gzip if it is in it, as the Human Protein Atlas serves
// TIFFs.
func (r *Reading) Unpacked(f data.File, b []byte) ([]byte, error) {
	if len(b) < 18 || b[0] != 0x1f || b[1] != 0x8b {
		return b, nil
	}
	return r.gunzip(f, b)
}

func (r *Reading) unpackAndAdmit(f data.File, content []byte, planes int) ([]byte, error) {
	b, err := r.Unpacked(f, content)
	if err != nil {
		return nil, err
	}
	return b, r.Admit(f, b, planes)
}

// gunzip decompresses a file within the limit of one. Its last bytes say how much
// it holds.
func (r *Reading) gunzip(f data.File, b []byte) ([]byte, error) {
	n := int64(binary.LittleEndian.Uint32(b[len(b)-4:]))
	if n > r.limits.MaxMember {
		return nil, fmt.Errorf("%s holds %s in gzip, more than is read of a file; %s", f.Name, component.FormatSize(n),
			component.Raise("max_member", fmt.Sprintf(`"%dMiB"`, n>>20+1)))
	}
	if n/1032 > int64(len(b)) {
		return nil, fmt.Errorf("%s: gzip: claims %d bytes, more than %d can hold", f.Name, n, len(b))
	}
	if err := flow.Reserve(r.ctx, r.held+r.buffered(f, b)+n, r.held); err != nil {
		return nil, err
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	content := make([]byte, n)
	if _, err := io.ReadFull(z, content); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, fmt.Errorf("%s: gzip: %w", f.Name, err)
	}
	if n, err := z.Read(make([]byte, 1)); err != io.EOF { // whose checksum is compared here
		if n > 0 || err == nil {
			err = errors.New("several files in one are not read")
		}
		return nil, fmt.Errorf("%s: gzip: %w", f.Name, err)
	}
	return content, nil
}

// bounded reads no more of a file than it held when it was looked at.
type bounded struct {
	f    *os.File
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left {
		p = p[:b.left+1] // one more, to see that it has grown
	}
	n, err := b.f.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return n, fmt.Errorf("%s grows while it is read", b.f.Name())
	}
	return n, err
}

// asClaimed is as many planes as an image's header says it has.
const asClaimed = 0

// Admit looks at an image's header: it may be decoded if it is not too large,
// and once there is memory for so many planes of its size. An image
// whose header cannot be read is left to the decoder to refuse.
func (r *Reading) Admit(f data.File, content []byte, planes int) error {
	claim, err := r.Choice.For(f).ReadClaim(f.Name, content)
	if err != nil {
		return nil
	}
	if claim.Pixels() > r.limits.MaxPixels {
		hint := ""
		if claim.Pixels() <= codec.MaxPixels {
			hint = "; " + component.Raise("max_pixels", claim.Pixels())
		}
		return fmt.Errorf("%s: claims %d x %d pixels; at most %d are decoded%s", f.Name, claim.Width, claim.Height, r.limits.MaxPixels, hint)
	}
	r.planes = claim.Channels
	if planes == asClaimed {
		planes = claim.Channels
	}
	r.held = max(r.held, claim.Pixels()*int64(planes)*int64(claim.Depth/8))
	return flow.Reserve(r.ctx, r.held+claim.Scratch()+r.buffered(f, content), r.held)
}

// AdmitPacked is Admit for a frame of a shard.
func (r *Reading) AdmitPacked(f data.File, packed []byte) error {
	n, err := shards.Unpacked(packed)
	if err != nil {
		return nil
	}
	const meta = 64 << 10                                             // the names and the JSON beside the planes
	if most := r.limits.MaxPixels*data.MaxPlanes*2 + meta; n > most { // its planes are not known yet
		return fmt.Errorf("%s claims to hold %s, more than %d pixels; %s", f.Name, component.FormatSize(n), r.limits.MaxPixels,
			component.Raise("max_pixels", n/data.MaxPlanes))
	}
	return flow.Reserve(r.ctx, 2*n+r.buffered(f, packed), n)
}

// buffered is the memory of a file's bytes, unless the record came with them.
func (r *Reading) buffered(f data.File, content []byte) int64 {
	if f.Data != nil {
		return 0
	}
	return int64(len(content))
}
