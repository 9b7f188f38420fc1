// Package batches is the command batches: what a training flow feeds its network, for
// a training loop in another program. It stands in the place of op train, as the
// pretended device of bench input does.
//
// # Frames
//
// On standard output, each frame is its length, 8 bytes little-endian, and so many
// bytes: a kind of 4 letters and what belongs to it. A field is its length, 8 bytes,
// and so many bytes.
//
//	head   JSON: samples, batches (of an epoch), batch, classes
//	data   JSON: epoch, batch, records, keys, repeat; then two fields, NumPy's .npy: images
//	       (N,C,H,W), float32 or uint8, and targets (N,classes), float32
//	last   JSON: epoch. The epoch has ended; the next begins
//	fail   UTF-8: what went wrong. Nothing follows
//	done   nothing. All epochs that were asked for have been written
//
// # Ring
//
// With --ring images and targets lie in memory that both programs have mapped, the
// file that is open as that descriptor, in slots of equal size, and a frame of data has
// slot, shape, dtype and slot_bytes in its JSON and no fields: images stand at the
// slot's beginning, targets behind them at the next multiple of 64 bytes. Whoever reads
// gives a slot back by writing its number, a byte, to standard input.
//
// What always holds: a batch is what op train would have got, at any number of workers;
// the end of standard input is the reader's, and ends the program.
package batches
