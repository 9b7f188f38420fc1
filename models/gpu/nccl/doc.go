// Package nccl is NVIDIA's NCCL, as far as the device above needs it: sums and
// copies between the cards of one process. The library is loaded when Open is
// called, and not linked.
//
// Everything but this page has the build tag gpu.
package nccl
