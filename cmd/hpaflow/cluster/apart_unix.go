//go:build unix

package cluster

import (
	"os/exec"
	"syscall"
)

// apart keeps a slot out of reach of the terminal's Ctrl-C, which is its parent's.
func apart(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
