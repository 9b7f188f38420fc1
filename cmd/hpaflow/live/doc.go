// Package live shows runs to those who look at them from outside, while they
// run: a page, Prometheus metrics and profiles over HTTP; and what the page shows
// as a file, once the run is over.
//
// A Board follows the flows of a run. Once a second it samples their counters, by a
// sliding window of go-streams (flow/streams): what has changed over the last ten
// seconds is the present pace and the present bottleneck, and each second is a point
// of the History. What failed and what stages said is gathered as it comes. Those who
// follow get a Message a second, by server-sent events; the page in page/ draws it,
// hpaflow watch prints it. What the values on edges look like, Eyes know.
//
// What always holds: nobody but this machine reaches them unless an address was
// written out, and then that is said; requests under a name that is not the
// server's are refused; looking changes nothing, and a stage is held up for a copy of
// a value only while somebody asks for it. What is kept of a run is bounded, however
// long it is and however many flows it has: points are joined, causes counted, epochs
// thinned. The page loads nothing from elsewhere and runs nothing that this server does
// not have; no information is carried by colour alone.
package live
