//go:build !purego

package kernels

import "hpaflow/data/processor"

func fastMachines() []*machine {
	if !processor.AVX2 || !processor.FMA {
		return nil
	}
	m := &machine{
		name:    "avx2",
		fmaPeak: fmaPeak, peakFlops: 12 * 8 * 2,
		winogradInput:  winogradInput,
		winogradKernel: winogradKernel, winogradGrad: winogradGrad, winogradWeights: winogradWeights,
		winogradOutput: winogradOutput,
		transpose:      transpose,
		blockSums:      blockSums, blockApply: blockApply, blockGradSums: blockGradSums, blockGrad: blockGrad,
		blockCut: blockCut, blockAdd: blockAdd, blockMax: blockMax, adamStep: adamStep,
		tokenSquares: tokenSquares, tokenNorm: tokenNorm, tokenMax: tokenMax, tokenScale: tokenScale, tokenExp: tokenExp, tokenGELU: tokenGELU,
	}
	m.convTile[1] = [...]func(int, *int, int, *float32, int, *float32, *float32, int, int, *float32, *float32, int){
		nil, convTile1x1, convTile1x2, convTile1x3, convTile1x4, convTile1x5, convTile1x6,
		convTile1x7, convTile1x8, convTile1x9, convTile1x10, convTile1x11, convTile1x12,
	}
	copy(m.convTile[2][1:], []func(int, *int, int, *float32, int, *float32, *float32, int, int, *float32, *float32, int){
		convTile2x1, convTile2x2, convTile2x3, convTile2x4, convTile2x5, convTile2x6,
	})
	m.gradTile[1], m.gradTile[2] = gradTile1, gradTile2
	return []*machine{m}
}
