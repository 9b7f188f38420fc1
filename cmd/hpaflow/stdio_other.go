//go:build !unix

package main

import "os"

// isStandIn cannot tell.
func isStandIn(*os.File) bool { return false }
