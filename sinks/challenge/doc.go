// Package challenge has the sinks of submissions, and of their score where the
// truth is known.
package challenge
