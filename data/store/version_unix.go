//go:build unix

package store

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
)

// fileVersion tells files of one name apart: what replaces one has another inode.
func fileVersion(info fs.FileInfo) string {
	var inode uint64
	if st, is := info.Sys().(*syscall.Stat_t); is {
		inode = uint64(st.Ino)
	}
	return fmt.Sprintf("%x-%x-%x", info.Size(), info.ModTime().UnixNano(), inode)
}

func isNoFolder(err error) bool { return errors.Is(err, syscall.ENOTDIR) }
