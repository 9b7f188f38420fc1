package names

import (
	"path"
	"slices"
	"strings"
)

// Extensions are those of files that may hold an image.
var Extensions = []string{".png", ".tif", ".tiff", ".jpg", ".jpeg", ".ome.tif", ".ome.tiff", ".tif.gz", ".tiff.gz"}

// Extension is a name's extension: of two parts where those are one of images.
func Extension(name string) string {
	ext := path.Ext(name)
	if two := path.Ext(strings.TrimSuffix(name, ext)) + ext; len(two) > len(ext) && known(two) {
		return two
	}
	return ext
}

// known says that an extension is of images, in capitals too.
func known(ext string) bool {
	return slices.Contains(Extensions, ext) || slices.Contains(Extensions, strings.ToLower(ext))
}

// OfImage says whether a name is of a file that may hold an image, and is not hidden.
func OfImage(name string) bool {
	base := name[strings.LastIndexByte(name, '/')+1:]
	return !strings.HasPrefix(base, ".") && known(Extension(base))
}
