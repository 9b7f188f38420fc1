package fetch

import (
	"errors"
	"fmt"
	"time"
)

// Options are the limits of a Client. The zero value of a field means its
// default; EnsureDefaults fills them in.
type Options struct {
	PerHost  int           // connections to one host at once; default 24
	Tries    int           // of one file, at most; default 5
	Timeout  time.Duration // of one try, from the request to the last byte; default 2m
	Idle     time.Duration // between two pieces of an answer; default 20s
	Wait     time.Duration // before the second try; doubles with each, half of it at random; default 1s
	MaxWait  time.Duration // cap on waits between tries, a server's wish included; default 2m
	MaxBytes int64         // of a body; default 16 MiB

	// Check says why a body is not what was asked for, such as a page of HTML
	// in place of an image. Nil: any body will do.
	Check func(body []byte) error
}

// EnsureDefaults fills in what was left zero.
func (o *Options) EnsureDefaults() {
	for _, n := range []struct {
		field *int
		value int
	}{{&o.PerHost, 24}, {&o.Tries, 5}} {
		if *n.field == 0 {
			*n.field = n.value
		}
	}
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{{&o.Timeout, 2 * time.Minute}, {&o.Idle, 20 * time.Second}, {&o.Wait, time.Second}, {&o.MaxWait, 2 * time.Minute}} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = 16 << 20
	}
}

// Validate reports every setting that makes no sense, joined.
func (o *Options) Validate() error {
	var faults []error
	for _, n := range []struct {
		name  string
		value int64
	}{
		{"per_host", int64(o.PerHost)}, {"tries", int64(o.Tries)}, {"timeout", int64(o.Timeout)}, {"idle", int64(o.Idle)},
		{"wait", int64(o.Wait)}, {"max_wait", int64(o.MaxWait)}, {"max_bytes", o.MaxBytes},
	} {
		if n.value <= 0 {
			faults = append(faults, fmt.Errorf("%s must be more than nothing", n.name))
		}
	}
	return errors.Join(faults...)
}
