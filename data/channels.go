package data

import (
	"errors"
	"strings"
)

// Channels is a sample whose channels come from different places, so that any
// of them may be missing.
type Channels struct {
	ID   string
	List []Channel // in plane order
}

// Channel is one channel of a sample: to be decoded, decoded, or failed.
type Channel struct {
	Name  string // as in Colours
	File  File   // what to decode
	Image *Image // one plane, once it is decoded
	Kept  bool   // an earlier run has made it: File is the result
	Err   error  // why there is no image
}

// Missing names the channels that have failed.
func (c *Channels) Missing() []string {
	var names []string
	for _, ch := range c.List {
		if ch.Err != nil {
			names = append(names, ch.Name)
		}
	}
	return names
}

// Bytes is the memory the channels hold.
func (c *Channels) Bytes() int64 {
	n := int64(128)
	for _, ch := range c.List {
		n += ch.File.Bytes()
		if ch.Image != nil {
			n += ch.Image.Bytes()
		}
	}
	return n
}

// Fault is what went wrong with the channels that have failed, by name; nil when
// none has.
func (c *Channels) Fault() error {
	var faults []string
	for _, ch := range c.List {
		if ch.Err != nil {
			faults = append(faults, ch.Name+": "+ch.Err.Error())
		}
	}
	if faults == nil {
		return nil
	}
	return errors.New(strings.Join(faults, "; "))
}
