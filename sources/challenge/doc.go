// Package challenge has the source of what was submitted.
package challenge
