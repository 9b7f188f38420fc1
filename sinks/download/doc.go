// Package download has the sinks of what comes from web servers: channels as
// files, each synced by itself, and the table of samples that have an image.
package download
