// Package tiles makes pictures of samples: small ones for a grid, and the pixels of one
// that is opened, as they are.
//
// A sample is decoded as flows decode it (ops/images) and within their bounds; its planes
// are made small one by one, in their own bits, and only then coloured. What was made
// small is kept, within a bound of bytes, so that another colour or contrast decodes
// nothing; what was opened last is kept whole.
//
// What always holds: several who ask for one sample at once wait for one decoding; the
// last asked for comes first, and what nobody waits for any more is not begun; of no
// plane the order of values changes; planes are never weighed by one another.
package tiles
