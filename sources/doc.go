// Package sources holds what flows begin with: folders of channel images or
// of RGBY images, label tables, shards, web servers, the trials of a search,
// tables of probabilities, cells to be drawn, and standard input.
//
// A source lists; it does not decode. It yields *data.Sample values that say
// where the pixels are (paths, or encoded bytes already read), so that the
// work is done by parallel stages behind it. Getting files from web servers is
// package fetch's.
//
// What always holds:
//   - The order is fixed by the input alone: by Id for a folder, by row for a
//     table, by position for shards and streams. A shuffle depends on the seed
//     and the epoch, a window of shards also on where they hold the samples, and
//     on nothing else. Only what comes from a web server is
//     yielded as it arrives, numbered by its row all the same.
//   - A sample that every sink already holds is not yielded, but counted.
//   - A sample that cannot be yielded is reported by name: as skipped when the
//     input is merely incomplete, as a dead letter when it is wrong.
//   - A source trusts no name and no size: keys are checked (data.CheckKey), and
//     limits (component.Limits) are known before anything is allocated. Whether a
//     file holds what its name says is for the decoder to find out.
//   - Two samples of one key never become one: the second is a dead letter,
//     unless it is the same picture. Files of two folders never become one sample.
//   - An input of which nothing is recognised is an error, not an empty stream.
//   - A source that waits for its input ends with the run.
package sources
