// Package tfevents writes and reads the event files that TensorBoard shows:
// scalars by tag, step and time; and writes images and precision-recall curves.
//
// A file is a sequence of records as TensorFlow frames them: the content's
// length (uint64), a masked CRC-32C of these eight bytes (uint32), the content,
// and a masked CRC-32C of it, all little-endian. The content is a protocol
// buffer, tensorflow.Event: wall_time = 1 (double, seconds), step = 2 (int64),
// file_version = 3 (string) of the first record, summary = 5 of all others.
// A summary holds value = 1, repeated: tag = 1 and simple_value = 2 (float), or
// image = 4, or tensor = 8 with metadata = 9, which names the plugin that shows it.
// Its name must have "tfevents" in it.
//
// Records are appended as they come. What always holds: a reader that was cut
// off, or a writer that was killed, spoils no record before the last; Read
// gives the sound ones and says where they end.
package tfevents
