// Package remote makes a store.Store of single requests to a server. A room that
// knows a kind of server brings a Service, whose methods are one request each and
// never try again; what is the same for all of them is here:
//
//   - Retries, with waits that grow and differ at random, and a budget, so that a
//     server in trouble is not asked ever more. A store that has never answered is
//     given up sooner: its address is probably wrong.
//   - How many requests are under way follows the server (additive increase,
//     multiplicative decrease): SlowDown, 503 and 429 halve the number, successes let
//     it grow again. The bytes that are under way are bounded too.
//   - A ranged read that takes far longer than others is sent a second time, and the
//     first answer counts. At most one in twenty is.
//   - Bodies that were cut off are read on from where they broke, of the same
//     version. Large objects are read in pieces, ahead of the reader, and written in
//     parts, several at once.
//   - Whether a write whose answer was lost has been done is found out: each carries
//     a name of its own, which the store keeps beside the object.
//
// It knows no provider, and none of their libraries.
package remote
