package network

// The blocks of inception_v3: branches over the same input, whose channels are
// laid beside each other. Names are torchvision's.

// mixed5 has branches of 1x1, 5x5, twice 3x3, and an average with so many
// channels.
func mixed5(b Layers, x Activation, name string, pooled int) Activation {
	name += ".branch"
	one := inceptionConv(b, x, name+"1x1", valid(64, 1, 1))
	five := inceptionConv(b, x, name+"5x5_1", valid(48, 1, 1))
	five = inceptionConv(b, five, name+"5x5_2", square(64, 5, 1))
	three := inceptionConv(b, x, name+"3x3dbl_1", valid(64, 1, 1))
	three = inceptionConv(b, three, name+"3x3dbl_2", square(96, 3, 1))
	three = inceptionConv(b, three, name+"3x3dbl_3", square(96, 3, 1))
	pool := inceptionConv(b, b.AveragePool3(x, name+"_pool"), name+"_pool", valid(pooled, 1, 1))
	return b.Concat(name, one, five, three, pool)
}

// mixed6a halves the size.
func mixed6a(b Layers, x Activation, name string) Activation {
	name += ".branch"
	three := inceptionConv(b, x, name+"3x3", valid(384, 3, 2))
	double := inceptionConv(b, x, name+"3x3dbl_1", valid(64, 1, 1))
	double = inceptionConv(b, double, name+"3x3dbl_2", square(96, 3, 1))
	double = inceptionConv(b, double, name+"3x3dbl_3", valid(96, 3, 2))
	return b.Concat(name, three, double, b.MaxPool(x, name+"_pool", reducing))
}

// mixed6 has 7x7 convolutions cut into lines, of so many channels inside.
func mixed6(b Layers, x Activation, name string, c int) Activation {
	name += ".branch"
	one := inceptionConv(b, x, name+"1x1", valid(192, 1, 1))
	seven := inceptionConv(b, x, name+"7x7_1", valid(c, 1, 1))
	seven = inceptionConv(b, seven, name+"7x7_2", line(c, 1, 7))
	seven = inceptionConv(b, seven, name+"7x7_3", line(192, 7, 1))
	double := inceptionConv(b, x, name+"7x7dbl_1", valid(c, 1, 1))
	double = inceptionConv(b, double, name+"7x7dbl_2", line(c, 7, 1))
	double = inceptionConv(b, double, name+"7x7dbl_3", line(c, 1, 7))
	double = inceptionConv(b, double, name+"7x7dbl_4", line(c, 7, 1))
	double = inceptionConv(b, double, name+"7x7dbl_5", line(192, 1, 7))
	pool := inceptionConv(b, b.AveragePool3(x, name+"_pool"), name+"_pool", valid(192, 1, 1))
	return b.Concat(name, one, seven, double, pool)
}

// mixed7a halves the size.
func mixed7a(b Layers, x Activation, name string) Activation {
	name += ".branch"
	three := inceptionConv(b, x, name+"3x3_1", valid(192, 1, 1))
	three = inceptionConv(b, three, name+"3x3_2", valid(320, 3, 2))
	seven := inceptionConv(b, x, name+"7x7x3_1", valid(192, 1, 1))
	seven = inceptionConv(b, seven, name+"7x7x3_2", line(192, 1, 7))
	seven = inceptionConv(b, seven, name+"7x7x3_3", line(192, 7, 1))
	seven = inceptionConv(b, seven, name+"7x7x3_4", valid(192, 3, 2))
	return b.Concat(name, three, seven, b.MaxPool(x, name+"_pool", reducing))
}

// mixed7 has branches that fork into a 1x3 and a 3x1 convolution.
func mixed7(b Layers, x Activation, name string) Activation {
	name += ".branch"
	one := inceptionConv(b, x, name+"1x1", valid(320, 1, 1))
	three := inceptionConv(b, x, name+"3x3_1", valid(384, 1, 1))
	wide := inceptionConv(b, three, name+"3x3_2a", line(384, 1, 3))
	tall := inceptionConv(b, three, name+"3x3_2b", line(384, 3, 1))
	double := inceptionConv(b, x, name+"3x3dbl_1", valid(448, 1, 1))
	double = inceptionConv(b, double, name+"3x3dbl_2", square(384, 3, 1))
	doubleWide := inceptionConv(b, double, name+"3x3dbl_3a", line(384, 1, 3))
	doubleTall := inceptionConv(b, double, name+"3x3dbl_3b", line(384, 3, 1))
	pool := inceptionConv(b, b.AveragePool3(x, name+"_pool"), name+"_pool", valid(192, 1, 1))
	return b.Concat(name, one, wide, tall, doubleWide, doubleTall, pool)
}
