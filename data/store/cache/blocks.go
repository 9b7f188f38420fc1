package cache

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cespare/xxhash/v2"

	"hpaflow/data/atomicfile"
)

// blockSize is how many bytes a block has, but for an object's last one.
const blockSize = 1 << 20

// Cache is a folder of blocks. It is safe for concurrent use, and others may use the
// folder.
type Cache struct {
	dir  string
	size int64

	mu   sync.Mutex
	used int64 // as far as this process knows
	seen int64 // used, when the folder was last looked through
	err  error
}

// New opens a cache of so many bytes in a folder, which is made.
func New(dir string, size int64) (*Cache, error) {
	if size < 16*blockSize {
		return nil, fmt.Errorf("a cache of %d bytes is too small: it has at least %d", size, 16*blockSize)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	c := &Cache{dir: dir, size: size}
	return c, c.trim()
}

// Err is why something could not be kept, the first time.
func (c *Cache) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

func (c *Cache) path(url, version string, block int64) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%d", url, version, block))
	name := hex.EncodeToString(sum[:20])
	return filepath.Join(c.dir, name[:2], name[2:])
}

// touched is how old the time of a block may be before it is set anew.
const touched = time.Minute

// get gives a block, if it is there and whole.
func (c *Cache) get(url, version string, block int64) ([]byte, bool) {
	path := c.path(url, version, block)
	body, err := os.ReadFile(path)
	if err != nil {
		return nil, false
	}
	end := len(body) - 8
	if end < 0 || end > blockSize || xxhash.Sum64(body[:end]) != binary.LittleEndian.Uint64(body[end:]) {
		os.Remove(path)
		return nil, false
	}
	if info, err := os.Stat(path); err == nil && time.Since(info.ModTime()) > touched {
		os.Chtimes(path, time.Time{}, time.Now())
	}
	return body[:end], true
}

// has says whether a block is there, whole or not.
func (c *Cache) has(url, version string, block int64) bool {
	_, err := os.Stat(c.path(url, version, block))
	return err == nil
}

// put keeps a block.
func (c *Cache) put(url, version string, block int64, body []byte) {
	path := c.path(url, version, block)
	err := write(path, body)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		if c.err == nil {
			c.err = fmt.Errorf("the cache: %w", err)
		}
		return
	}
	if c.used += int64(len(body)) + 8; c.used > c.size || c.used-c.seen > c.size/16 {
		if err := c.trim(); err != nil && c.err == nil {
			c.err = fmt.Errorf("the cache: %w", err)
		}
	}
}

func write(path string, body []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "*"+atomicfile.Suffix)
	if err != nil {
		return err
	}
	_, err = f.Write(body)
	if err == nil {
		_, err = f.Write(binary.LittleEndian.AppendUint64(nil, xxhash.Sum64(body)))
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// abandoned is after how long a temporary file is nobody's.
const abandoned = time.Hour

// trim looks the folder through, and removes what was used longest ago where there
// is too much. Another process that does so already is left to it.
func (c *Cache) trim() error {
	unlock, err := atomicfile.Lock(c.dir)
	var held *atomicfile.HeldError
	if errors.As(err, &held) {
		c.seen = c.used
		return nil
	}
	if err != nil {
		return err
	}
	defer unlock()
	type file struct {
		path string
		size int64
		used time.Time
	}
	var all []file
	c.used = 0
	err = filepath.WalkDir(c.dir, func(path string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || !e.Type().IsRegular() || filepath.Dir(path) == c.dir {
			return err // what is not in a folder of blocks is none of ours
		}
		info, err := e.Info()
		if err != nil {
			return nil // it has just gone
		}
		if strings.HasSuffix(path, atomicfile.Suffix) {
			if time.Since(info.ModTime()) > abandoned {
				os.Remove(path)
			}
			return nil
		}
		if isBlock(path) {
			all = append(all, file{path, info.Size(), info.ModTime()})
			c.used += info.Size()
		}
		return nil
	})
	if err != nil {
		return err
	}
	if c.used > c.size {
		slices.SortFunc(all, func(a, b file) int { return a.used.Compare(b.used) })
		for _, f := range all {
			if c.used <= c.size-c.size/8 {
				break
			}
			if err := os.Remove(f.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			c.used -= f.size
		}
	}
	c.seen = c.used
	return nil
}

// isBlock says whether a file has the name of a block: others are left alone.
func isBlock(path string) bool {
	dir, name := filepath.Base(filepath.Dir(path)), filepath.Base(path)
	_, err := hex.DecodeString(dir + name)
	return err == nil && len(dir) == 2 && len(name) == 38
}
