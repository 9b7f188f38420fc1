// Package challenge has the op that puts labels known by leaks into claims.
package challenge
