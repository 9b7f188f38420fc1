// Package standin lets flows whose components know but files of this machine have
// their results in stores: folders here stand in for those that URLs name, for a flow
// that runs as a whole. One that is cut into units puts its results by itself
// (flow/units).
//
// What always holds:
//
//   - What a plan says of its paths, to people and in its recipe, are the URLs: only
//     the components see the folders here.
//   - The store has what the run has saved, as often as it says so, and all of it
//     once Close is back, or the error says where it is kept.
//   - Outputs within one another have one folder, which is one another's.
package standin
