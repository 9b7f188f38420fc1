// Package subcell reads the folders that SubCell's models are published as:
// model_config.yaml, an encoder, and one classifier or several.
//
// Nothing is computed here. Open looks through a folder and says all that is wrong
// with it before there is any work; Load reads the weights.
package subcell
