//go:build !unix

package store

import (
	"fmt"
	"io/fs"
)

func fileVersion(info fs.FileInfo) string {
	return fmt.Sprintf("%x-%x", info.Size(), info.ModTime().UnixNano())
}

func isNoFolder(error) bool { return false }
