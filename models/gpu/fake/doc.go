// Package fake holds the sources of a driver, a cuDNN and an NCCL that run on
// the CPU, for tests on machines without a card: build.sh DIR makes
// libcuda.so.1, libcudnn.so.9 and libnccl.so.2 in DIR. They are loaded in place
// of the true ones by HPAFLOW_CUDA, HPAFLOW_CUDNN and HPAFLOW_NCCL.
//
// They are strict where the true ones are not: see README.md.
package fake
