// Package cuda is the driver of NVIDIA's cards, as far as the device above
// needs it: cards, memory, streams, events, modules, launches and graphs.
//
// It stands on gorgonia.org/cu, unmodified, and on the driver's own calls where
// cu has none. Nothing of CUDA is linked: the driver's names, which cu refers
// to, are trampolines of this package, and they answer "no device" until Open
// has loaded libcuda.so.1. So a binary with this package in it starts on any
// machine, and ldd names no CUDA library.
//
// What always holds:
//
//   - Open comes first; before it there are no cards.
//   - All calls of one Card, and of what was made by it, happen within Card.Do,
//     that is on one thread, where the card's primary context is current.
//     cuDNN and NCCL use that context, too.
//   - Copies, fills and launches return at once. What went wrong in them is
//     told by a later call on the same card.
//   - An error says which call failed and has the driver's own name of the
//     fault; ErrOutOfMemory and ErrCardLost are found by errors.Is.
//
// Everything but this page has the build tag gpu, needs cgo, and is built with
// the variables of models/gpu/build.sh.
package cuda
