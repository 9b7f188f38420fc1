// Package half has numbers of 16 bits, IEEE 754's binary16: 1 bit of sign, 5 of
// exponent, 10 of fraction. Images, weights and embeddings may be kept so.
package half
