// Package library finds NVIDIA's libraries on a user's machine: where a variable
// points, on the loader's path, or in the site-packages of a python, where pip
// puts them. It opens nothing by itself, and says what to do about one that is
// not there.
package library
