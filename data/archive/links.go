package archive

import (
	"fmt"
	"path"
)

// linked keeps the contents of the latest members by name, as many bytes as
// there is room for, so that a hard link, whose target came before it, can be
// read.
type linked struct {
	room  int64
	held  int64
	names []string // the oldest first
	bytes map[string][]byte
}

// entryBytes is what is counted for a member besides its content.
const entryBytes = 256

// keep remembers a content.
func (l *linked) keep(name string, content []byte) {
	if l.bytes == nil {
		l.bytes = map[string][]byte{}
	}
	before, known := l.bytes[name]
	if !known {
		l.names = append(l.names, name)
		l.held += entryBytes
	}
	l.bytes[name] = content // the later of a name is what unpacking would leave
	l.held += int64(len(content)) - int64(len(before))
	for l.held > l.room && len(l.names) > 0 {
		oldest := l.names[0]
		l.names = l.names[1:]
		l.held -= int64(len(l.bytes[oldest])) + entryBytes
		delete(l.bytes, oldest)
	}
}

// resolve makes a member of a hard link.
func (l *linked) resolve(name, target string) Member {
	content, known := l.bytes[path.Clean(target)]
	if !known {
		return Member{Name: name, Err: fmt.Errorf("is a hard link to %s, which did not come before it, or came more than %d MiB of images ago; "+
			"pack it with --hard-dereference", target, l.room>>20)}
	}
	l.keep(path.Clean(name), content)
	return Member{Name: name, Size: int64(len(content)), Read: func() ([]byte, error) { return content, nil }}
}
