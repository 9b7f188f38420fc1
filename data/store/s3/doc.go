// Package s3 is the store s3://bucket/path: Amazon's, and the many that speak its
// language.
//
// Credentials come as for any program that uses Amazon's library: from the
// environment (AWS_ACCESS_KEY_ID and so on), ~/.aws, a container's or a machine's
// role. ?anonymous=true goes without, for public buckets. AWS_ENDPOINT_URL, which
// may have a path, or ?endpoint= names another server than Amazon's, where buckets
// stand in the path; AWS_REGION or ?region= the region, which is found out where
// Amazon knows better.
//
// What always holds: an object that was to be made only where none is carries
// If-None-Match, with its last request; every body can be sent again; checksums in
// trailers, which older servers refuse, are sent only where they are required.
//
// The SDK's own retries are off: package remote has them.
package s3
