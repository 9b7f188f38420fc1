package atomicfile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// maxLinks is how many links one may lead to another.
const maxLinks = 40

// resolve follows the links of a path to the file that is to be written. It is
// special when it is to be written to, not replaced: a device, a pipe, a socket,
// and what /proc has links to, which is open somewhere.
func resolve(path string) (target string, special bool, err error) {
	given := path
	for range maxLinks {
		info, err := os.Lstat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return path, false, nil // it is made, as where a link leads that dangles
		case err != nil:
			return "", false, err
		case info.Mode()&fs.ModeSymlink == 0:
			return path, !info.Mode().IsRegular() && !info.IsDir(), nil
		}
		dir, err := filepath.EvalSymlinks(filepath.Dir(path))
		if err != nil {
			return "", false, err
		}
		if dir == "/proc" || strings.HasPrefix(dir, "/proc/") {
			return path, true, nil
		}
		to, err := os.Readlink(path)
		if err != nil {
			return "", false, err
		}
		if path = to; !filepath.IsAbs(to) {
			path = filepath.Join(dir, to)
		}
	}
	return "", false, fmt.Errorf("%s: too many links", given)
}

// patience is how long, and how, pipes are waited for.
var patience struct {
	sync.Mutex
	ctx context.Context // nil: not at all
	say func(path string)
}

// WaitForReaders lets a pipe that nobody reads from be waited for, until ctx is
// done, in all of this process, until end is called; say is told of it once a
// pipe. Without, such a pipe is an error at once, since waiting for it could not be
// ended.
func WaitForReaders(ctx context.Context, say func(path string)) (end func()) {
	set := func(ctx context.Context, say func(path string)) {
		patience.Lock()
		defer patience.Unlock()
		patience.ctx, patience.say = ctx, say
	}
	set(ctx, say)
	return func() { set(nil, nil) }
}

var errUnread = errors.New("nobody reads from it")

// readerTick is how often a pipe is asked whether somebody reads.
const readerTick = 50 * time.Millisecond

// openSpecial opens what is no regular file, to write to it, behind what is
// there: standard output may be a file, and hold something already. What is
// written to a pipe whose reader stalls fails once the wait for readers is over.
func openSpecial(path string) (Handle, error) {
	patience.Lock()
	ctx, say := patience.ctx, patience.say
	patience.Unlock()
	for said := false; ; said = true {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|openNonblock, 0)
		switch {
		case err == nil && ctx != nil:
			stop := context.AfterFunc(ctx, func() { f.SetWriteDeadline(time.Now()) }) // of a device it cannot be set, and need not
			return until{f, stop}, nil
		case err == nil:
			return f, nil
		case !isNoReader(err):
			return nil, err
		case ctx == nil:
			return nil, errUnread
		case ctx.Err() != nil:
			return nil, fmt.Errorf("%w: %w", errUnread, context.Cause(ctx))
		case !said:
			say(path)
		}
		select {
		case <-time.After(readerTick):
		case <-ctx.Done():
		}
	}
}

// until is a file that is written to until something ends the wait for it.
type until struct {
	*os.File
	stop func() bool
}

func (u until) Close() error {
	u.stop()
	return u.File.Close()
}

// Target is the file that is written when a path is: where its links lead.
func Target(path string) string {
	if target, _, err := resolve(path); err == nil {
		return target
	}
	return path
}

// Special says whether a path is to be written to and not replaced: it is a
// device, a pipe or the like, by whatever links.
func Special(path string) bool {
	_, special, err := resolve(path)
	return err == nil && special
}
