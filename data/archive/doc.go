// Package archive reads what people pack images in: tar streams, compressed or
// not, and zip files.
//
// Not here: what the names mean, and what becomes of the contents.
//
// What always holds:
//   - A member is described before its content is read, and read only if the
//     visitor asks for it. What a header claims costs nothing.
//   - A member that is no file (a link, a device) or that cannot be read carries
//     the reason as its Err; the members after it are read all the same.
//     Directories are passed over. Hard links are the files they stand for.
//   - A stream that breaks off or is damaged is an error, never a shorter list.
//   - Formats that are known and not read are refused by name.
package archive

import "errors"

// Member is one entry of an archive.
type Member struct {
	Name string
	Size int64 // bytes of the content, as the archive claims them
	Err  error // why there is no content to be had

	// Read gives the content, of at most Size bytes. It is valid while the
	// member is visited.
	Read func() ([]byte, error)
}

// Visit is called for every member, in order. Its error ends the reading.
type Visit func(Member) error

// errEncrypted is that of a member that needs a password.
var errEncrypted = errors.New("is encrypted")

// MemberError is the error of a Read after which other members can be read all
// the same.
type MemberError struct{ Err error }

func (e *MemberError) Error() string { return e.Err.Error() }

func (e *MemberError) Unwrap() error { return e.Err }
