// Package onnx writes networks that predict as ONNX files, which ONNX Runtime,
// OpenVINO and others run. It reads the descriptions of package network, as a
// device does.
//
// What always holds: opset 17, and no operator of another domain; batch norm is
// folded into the convolutions before it, as our own devices do; the same weights
// give the same bytes. The batch is of any size, and images are of any size unless
// the file says otherwise.
//
// Nothing is computed here. The messages of ONNX's protocol buffers that are
// needed, and no others, are in message.go.
package onnx
