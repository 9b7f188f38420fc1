// Package azure is the store az://container/path, Azure's blobs, by Microsoft's
// library.
//
// The account is AZURE_STORAGE_ACCOUNT or ?account=. Credentials are, whichever is
// set first: AZURE_STORAGE_CONNECTION_STRING, AZURE_STORAGE_KEY,
// AZURE_STORAGE_SAS_TOKEN, or else the library's usual chain (the environment, a
// workload's or a machine's identity, az login). ?anonymous=true goes without, for
// public containers.
//
// Large blobs go in blocks, of which those of several writers do not meet: the one
// whose list of blocks comes first makes the blob, and discards the others'.
//
// The SDK's own retries are off: package remote has them.
package azure
