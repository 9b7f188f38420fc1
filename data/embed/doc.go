// Package embed has embeddings of single cells: what a network gives of an image,
// its locations' names, the tables that embeddings are kept in, the cells nearest
// to each, and their two main components.
//
// What computes embeddings is in models; flows that do are in configs/embed.flow.
package embed
