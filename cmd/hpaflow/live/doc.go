// Package live shows runs to those who look at them from outside, while they
// run: a page, Prometheus metrics and profiles over HTTP.
//
// What always holds: nobody but this machine reaches them unless an address was
// written out, and then that is said; requests under a name that is not the
// server's are refused; looking changes nothing.
package live
