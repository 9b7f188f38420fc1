// Package fetch gets files over HTTP from servers that may be slow, overloaded
// or broken. It knows nothing of flows: package sources brings what it gets into
// them.
//
// What always holds:
//   - A file is whole, or there is an error: a body that ends early, stalls, is
//     too large or is not what was asked for is never returned.
//   - Every wait ends: a try has a time limit and a limit between bytes, waits
//     between tries grow, differ at random and are capped, and tries are counted.
//   - A server that says when to come back is left alone until then, by all
//     files that are got from it.
//   - No more than so many connections to one host are open at once.
//   - No more memory is spent on a body than the limit, whatever the server claims.
package fetch
