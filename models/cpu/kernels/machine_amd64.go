//go:build !purego

package kernels

import "hpaflow/data/processor"

func fastMachines() []*machine {
	if !processor.AVX2 || !processor.FMA {
		return nil
	}
	m := &machine{
		name: "avx2", bits: "avx2", blocks: 2, product: 3, pixels: pixelsOf(12, 6, 4), combos: 6, source: 96 << 10,
		fmaPeak: fmaPeak, peakFlops: 12 * 8 * 2,
		winogradInput:  winogradInput,
		winogradKernel: winogradKernel, winogradGrad: winogradGrad, winogradWeights: winogradWeights,
		winogradOutput: winogradOutput,
		lineInput:      lineInput,
		transpose:      transpose, moveVectors: moveVectors, moveRuns: moveRuns, interleave4: interleave4, fetchRows: fetchRows,
		blockSums: blockSums, blockApply: blockApply, blockGradSums: blockGradSums, blockGrad: blockGrad, blockGradAdd: blockGradAdd,
		blockCut: blockCut, blockAdd: blockAdd, blockDot: blockDot, blockAddScaled: blockAddScaled, blockMax: blockMax, blockMaxBack: blockMaxBack, blockAverage3: blockAverage3, adamStep: adamStep,
		tokenSquares: tokenSquares, tokenNorm: tokenNorm, tokenSoftmax: softmax, tokenScale: tokenScale, tokenGELU: tokenGELU,
		tokenGELUTo: tokenGELUTo, tokenGELUBack: tokenGELUBack, tokenNormSums: tokenNormSums, tokenNormBack: tokenNormBack,
		depthPixels: 8, depthGrad: depthGrad,
	}
	copy(m.quadTiles[1:], []quadTiles{
		quadTile1, quadTile2, quadTile3, quadTile4, quadTile5, quadTile6, quadTile7, quadTile8, quadTile9, quadTile10, quadTile11, quadTile12,
	})
	m.lineKernel[5], m.lineKernel[7] = lineKernel5, lineKernel7
	m.lineOutput[5], m.lineOutput[7] = lineOutput5, lineOutput7
	m.depthTile[1], m.depthTile[2], m.depthTile[4], m.depthTile[8] = depthTile1, depthTile2, depthTile4, depthTile8
	m.tiles(1, gradTile1, convTile1x1, convTile1x2, convTile1x3, convTile1x4, convTile1x5, convTile1x6,
		convTile1x7, convTile1x8, convTile1x9, convTile1x10, convTile1x11, convTile1x12)
	m.tiles(2, gradTile2, convTile2x1, convTile2x2, convTile2x3, convTile2x4, convTile2x5, convTile2x6)
	m.tiles(3, nil, convTile3x1, convTile3x2, convTile3x3, convTile3x4)
	if !processor.AVX512 {
		return []*machine{m}
	}
	wide := *m
	wide.tokenSoftmax = wideSoftmax
	wide.tokenGELU, wide.tokenGELUTo, wide.tokenGELUBack = wideGELU, wideGELUTo, wideGELUBack
	wide.depthPixels, wide.depthGrad = 16, wideDepthGrad
	wide.depthTile[2], wide.depthTile[4], wide.depthTile[8], wide.depthTile[16] = wideDepthTile2, wideDepthTile4, wideDepthTile8, wideDepthTile16
	wide.winogradInput = inPairs(wideWinogradInput, winogradInput, true)
	wide.winogradKernels, wide.winogradGrads = wideWinogradKernel, wideWinogradGrad
	wide.winogradWeights = inPairs(wideWinogradWeights, winogradWeights, false)
	wide.winogradOutput = outputInPairs
	wide.fmaPeak, wide.peakFlops = wideFmaPeak, 24*16*2
	wide.name, wide.blocks, wide.product, wide.pixels = "avx512", 8, 6, pixelsOf(12, 14, 14, 14, 9, 9, 6, 6)
	wide.source = 256 << 10
	wide.tiles(2, wideGradTile2, wideConvTile2x1, wideConvTile2x2, wideConvTile2x3, wideConvTile2x4, wideConvTile2x5, wideConvTile2x6, wideConvTile2x7,
		wideConvTile2x8, wideConvTile2x9, wideConvTile2x10, wideConvTile2x11, wideConvTile2x12, wideConvTile2x13, wideConvTile2x14)
	wide.tiles(3, wideGradTile3, wideConvTile3x1, wideConvTile3x2, wideConvTile3x3, wideConvTile3x4, wideConvTile3x5, wideConvTile3x6, wideConvTile3x7,
		wideConvTile3x8, wideConvTile3x9, wideConvTile3x10, wideConvTile3x11, wideConvTile3x12, wideConvTile3x13, wideConvTile3x14)
	wide.tiles(4, wideGradTile4, wideConvTile4x1, wideConvTile4x2, wideConvTile4x3, wideConvTile4x4, wideConvTile4x5, wideConvTile4x6, wideConvTile4x7,
		wideConvTile4x8, wideConvTile4x9, wideConvTile4x10, wideConvTile4x11, wideConvTile4x12, wideConvTile4x13, wideConvTile4x14)
	wide.tiles(5, wideGradTile5, wideConvTile5x1, wideConvTile5x2, wideConvTile5x3, wideConvTile5x4, wideConvTile5x5, wideConvTile5x6, wideConvTile5x7,
		wideConvTile5x8, wideConvTile5x9)
	wide.tiles(6, wideGradTile6, wideConvTile6x1, wideConvTile6x2, wideConvTile6x3, wideConvTile6x4, wideConvTile6x5, wideConvTile6x6, wideConvTile6x7,
		wideConvTile6x8, wideConvTile6x9)
	wide.tiles(7, wideGradTile7, wideConvTile7x1, wideConvTile7x2, wideConvTile7x3, wideConvTile7x4, wideConvTile7x5, wideConvTile7x6)
	wide.tiles(8, wideGradTile8, wideConvTile8x1, wideConvTile8x2, wideConvTile8x3, wideConvTile8x4, wideConvTile8x5, wideConvTile8x6)
	return []*machine{&wide, m}
}

// tiles sets those of so many blocks.
func (m *machine) tiles(blocks int, grad func(int, int, *float32, *int, int, int, *float32, int, *float32), conv ...convTiles) {
	m.gradTile[blocks] = grad
	copy(m.convTiles[blocks][1:], conv)
}
