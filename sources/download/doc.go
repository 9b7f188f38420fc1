// Package download has the source of images on web servers: which files a table
// asks for, and what is there already; and what other sources of servers share with
// it: settings, a team of workers, and how samples come from them. Package fetch
// gets the files.
package download
