package download

import (
	"fmt"
	"net/url"

	"hpaflow/flow/component"
	"hpaflow/sources/download/fetch"
)

// Fields are the settings of a source that gets samples from a server, but for what
// it asks for: how many at once, and how patiently. maxBytes is the default of the
// largest file.
func Fields(atOnce int, maxBytes int64) []component.Field {
	return append([]component.Field{
		{Name: "workers", Type: component.Int, Bears: component.NoBearing, Default: atOnce, Min: 1, Max: 1024, Doc: "samples got at once; the channels of one are got one after the other"},
		{Name: "per_host", Type: component.Int, Bears: component.NoBearing, Default: atOnce, Min: 1, Max: 1024, Doc: "connections to one host at once"},
		{Name: "give_up", Type: component.Int, Bears: component.NoBearing, Default: 24, Min: 1, Max: 1 << 20, Doc: "samples in a row that get no answer at all, after which the run fails: the server is down"},
	}, Patience(maxBytes)...)
}

// Patience are those of Fields that say how patiently a file is asked for.
func Patience(maxBytes int64) []component.Field {
	return []component.Field{
		{Name: "tries", Type: component.Int, Bears: component.NoBearing, Default: 5, Min: 1, Max: 100, Doc: "of one file, at most"},
		{Name: "timeout", Type: component.Duration, Default: fetchDefaults.Timeout, Doc: "time for one try, to the last byte"},
		{Name: "idle", Type: component.Duration, Default: fetchDefaults.Idle, Doc: "longest silence within a try"},
		{Name: "wait", Type: component.Duration, Default: fetchDefaults.Wait, Doc: "before the second try; doubles with each, half of it at random"},
		{Name: "max_wait", Type: component.Duration, Default: fetchDefaults.MaxWait, Doc: "cap on every wait, also on one that the server asks for"},
		{Name: "max_bytes", Type: component.Size, Bears: component.NoBearing, Default: maxBytes, Doc: "a larger file is refused; WORKERS times CHANNELS of them may be in memory"},
	}
}

// CheckFields says what is wrong with the values of Fields.
func CheckFields(a component.Args) (faults []component.FieldFault) {
	for _, name := range []string{"timeout", "idle", "wait", "max_wait"} {
		if a.Duration(name) <= 0 {
			faults = append(faults, component.FieldFault{Field: name, Fault: "must be more than nothing"})
		}
	}
	if a.Size("max_bytes") <= 0 {
		faults = append(faults, component.FieldFault{Field: "max_bytes", Fault: "must be more than nothing"})
	}
	return faults
}

// CheckAddress says what is wrong with a field that is the address of a server.
func CheckAddress(a component.Args, field string) []component.FieldFault {
	if u, err := url.Parse(a.String(field)); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return []component.FieldFault{{Field: field, Fault: fmt.Sprintf("%q is no http or https address", a.String(field))}}
	}
	return nil
}

// NewClient makes a client of the values of Patience, for so many connections to one
// host at once.
func NewClient(a component.Args, perHost int, check func(body []byte) error) (*fetch.Client, error) {
	return fetch.New(fetch.Options{
		PerHost: perHost, Tries: a.Int("tries"), Timeout: a.Duration("timeout"), Idle: a.Duration("idle"),
		Wait: a.Duration("wait"), MaxWait: a.Duration("max_wait"), MaxBytes: a.Size("max_bytes"), Check: check,
	})
}

var fetchDefaults = func() (o fetch.Options) {
	o.EnsureDefaults()
	return o
}()
