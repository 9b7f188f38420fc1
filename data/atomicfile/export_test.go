package atomicfile

// Without has a file system lack hard links, and renaming without replacing too if
// an error is given for it, until restore.
func Without(links, renames error) (restore func()) {
	link, rename := hardLink, renameNew
	hardLink = func(string, string) error { return links }
	if renames != nil {
		renameNew = func(string, string) error { return renames }
	}
	return func() { hardLink, renameNew = link, rename }
}
