//go:build !unix

package terminal

import "os"

// isStandIn cannot tell.
func isStandIn(*os.File) bool { return false }
