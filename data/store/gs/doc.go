// Package gs is the store gs://bucket/path, Google's, by its JSON API over plain
// HTTPS: its client library would be twenty times as large as what is needed of it.
//
// Credentials are Google's default ones: GOOGLE_APPLICATION_CREDENTIALS, gcloud auth
// application-default login, or the machine's account. ?anonymous=true goes without,
// for public buckets. STORAGE_EMULATOR_HOST names another server, which is asked
// without credentials.
//
// The version is an object's generation. What is to be made only where nothing is
// carries ifGenerationMatch=0. Large objects go in parts one after the other, in a
// session that knows how far it has come.
package gs
