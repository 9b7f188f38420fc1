package tfevents

import (
	"encoding/binary"
	"math"
)

// Image is a picture, one of those that its tag has step by step.
type Image struct {
	Tag           string
	Width, Height int
	PNG           []byte
}

// Curve is a precision-recall curve as TensorBoard's plugin pr_curves has it: six
// numbers at each of as many thresholds, which lie at equal distances from 0 to 1.
type Curve struct {
	Tag, Name string // the name is what people see

	TruePositives, FalsePositives, TrueNegatives, FalseNegatives []float32
	Precision, Recall                                            []float32
}

// The numbers of the fields, in Summary.Value, Summary.Image, SummaryMetadata and
// its PluginData, PrCurvePluginData, TensorProto and TensorShapeProto.
const (
	valueImage, valueTensor, valueMetadata              = 4, 8, 9
	imageHeight, imageWidth, imageColours, imageEncoded = 1, 2, 3, 4
	metadataPlugin, metadataName                        = 1, 2
	pluginName, pluginContent                           = 1, 2
	curveThresholds                                     = 2
	tensorType, tensorShape, tensorContent              = 1, 2, 4
	shapeDimension, dimensionSize                       = 2, 1
)

// What fields hold: RGBA, and float32.
const (
	coloursRGBA = 4
	typeFloat   = 1
)

func (im *Image) value() []byte {
	var picture []byte
	picture = appendNumber(picture, imageHeight, im.Height)
	picture = appendNumber(picture, imageWidth, im.Width)
	picture = appendNumber(picture, imageColours, coloursRGBA)
	picture = appendMessage(picture, imageEncoded, im.PNG)
	return appendMessage(appendMessage(nil, valueTag, []byte(im.Tag)), valueImage, picture)
}

func (c *Curve) value() []byte {
	rows := [][]float32{c.TruePositives, c.FalsePositives, c.TrueNegatives, c.FalseNegatives, c.Precision, c.Recall}
	var numbers []byte
	for _, row := range rows {
		for _, v := range row {
			numbers = binary.LittleEndian.AppendUint32(numbers, math.Float32bits(v))
		}
	}
	var shape []byte
	for _, size := range []int{len(rows), len(c.Precision)} {
		shape = appendMessage(shape, shapeDimension, appendNumber(nil, dimensionSize, size))
	}
	tensor := appendNumber(nil, tensorType, typeFloat)
	tensor = appendMessage(tensor, tensorShape, shape)
	tensor = appendMessage(tensor, tensorContent, numbers)

	plugin := appendMessage(nil, pluginName, []byte("pr_curves"))
	plugin = appendMessage(plugin, pluginContent, appendNumber(nil, curveThresholds, len(c.Precision)))
	metadata := appendMessage(nil, metadataPlugin, plugin)
	metadata = appendMessage(metadata, metadataName, []byte(c.Name))

	value := appendMessage(nil, valueTag, []byte(c.Tag))
	value = appendMessage(value, valueTensor, tensor)
	return appendMessage(value, valueMetadata, metadata)
}
