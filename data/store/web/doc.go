// Package web is the store https://server/path, and http://: what a web server has,
// to be read. It cannot list a folder, since servers do not, and cannot be written
// to.
//
// Ranges are asked for with If-Range, so that a file that has been replaced is found
// out; a server that knows no ranges gives whole files from beginning to end. The
// version is the ETag, or else the time of the last change. What a URL has behind a
// question mark, such as a signature, goes with every request.
package web
