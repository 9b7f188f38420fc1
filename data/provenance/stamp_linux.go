package provenance

import "golang.org/x/sys/unix"

// stampOf asks the file system about a file, or what a link leads to. Changed is
// when it was last changed in any way: a copy that keeps the original's time
// shows there.
func stampOf(path string) (stamp, bool) {
	var st unix.Stat_t
	for {
		switch err := unix.Stat(path, &st); err {
		case nil:
			modified, changed := st.Mtim.Nano(), st.Ctim.Nano()
			return stamp{st.Size, modified, max(modified, changed), uint64(st.Dev), st.Ino}, true
		case unix.EINTR:
		default:
			return stamp{}, false
		}
	}
}
