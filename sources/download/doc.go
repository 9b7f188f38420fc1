// Package download has the source of images on web servers: which files a table
// asks for, and what is there already. Package fetch gets them.
package download
