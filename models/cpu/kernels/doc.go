// Package kernels computes the layers of a network on the CPU: convolution,
// batch norm, pools, the linear layer, losses and the optimisers' updates,
// each forward and backward.
//
// Images of a logical shape (N,C,H,W) lie in blocks of eight channels, as
// (N,Blocks(C),H,W,Lanes) float32: a vector holds eight channels of one pixel.
// Lanes beyond C are zero, and every kernel leaves them so. Only the image a
// network starts from is plain (N,C,H,W), and weights and other parameters have
// PyTorch's layouts. Outputs are written whole, never added to, unless a
// function says so. Nothing here allocates in a steady state: scratch memory
// lives in a Workspace.
//
// What always holds:
//
//   - Every value is summed by one thread, in an order that does not depend on
//     how the work was cut: the same arguments give the same bits at any
//     GOMAXPROCS, from the same program on all processors where Instructions says
//     avx2, AVX-512 or not, and otherwise on processors of one kind. Elsewhere the last bits
//     differ: AVX2 adds a product before it is rounded, plain Go afterwards or, as
//     compiled for some processors, before as well.
//   - The goroutines of a call have done their work when it returns, and look for
//     more for a tenth of a millisecond before they end (crew.go).
//   - Slices have the lengths that shapes say; a wrong one is a fault of the
//     caller and panics, on its goroutine whatever thread came upon it (Panic).
//
// A convolution is direct (pass.go, direct.go, gradient.go): the input is read
// where it lies, and 6 pixels by 16 channels are summed in registers, 6 by 64
// with AVX-512. Of one tap it is a product of matrices (product.go), by tiles of 4
// pixels by 24 channels where something is predicted and the channels allow, 9 by 48
// with AVX-512. Where
// planes are smaller than that, the pixels are of as many images (stacked.go,
// stackedgradient.go). A 3x3 one at stride 1 is in minimal form where images are
// large enough (winograd.go), with a quarter of the products; groups of channels, too.
// Where nothing is trained, one of 5 or 7 taps in a row at stride 1 is in minimal form
// along rows or columns, with 10 products for 28 or 30 (winogradline.go), and one of
// groups of four channels takes no products with zeros (quads.go).
//
// A 7x7 one of each channel by itself has loops of its own (depthwise.go).
//
// Tokens are images of one row: (N,Blocks(C),T,Lanes). A linear layer over them
// is a 1x1 convolution; the two products of attention work on tiles that stay as they
// lie from the first to the last (selfattention.go, attending.go).
//
// The innermost loops (machine.go) are in assembly for AVX2, and those with most
// to do for AVX-512 too, chosen when the program starts, and in plain Go for
// other machines and for builds with the tag purego. The assembly is generated
// by the module in asm.
package kernels

//go:generate go -C asm run ./peak -out ../peak_amd64.s -stubs ../peak_amd64.go -pkg kernels
//go:generate go -C asm run . -out ../blocks_amd64.s -stubs ../blocks_amd64.go -pkg kernels
//go:generate go -C asm run . -set avx512 -out ../wide_amd64.s -stubs ../wide_amd64.go -pkg kernels
//go:generate go -C asm run ./tokens -out ../tokens_amd64.s -stubs ../tokens_amd64.go -pkg kernels
//go:generate go -C asm run ./depth -out ../depth_amd64.s -stubs ../depth_amd64.go -pkg kernels
