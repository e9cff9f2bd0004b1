import VMIRCore
package import VMIRGraph

/// Which algorithms the dense 3x3 convolutions of a network run by.
package struct ConvolutionUse: Equatable, Sendable {
  /// How exact they are asked to be.
  package let accuracy: ConvolutionAccuracy
  /// Those by Winograd's F(2,3) and by F(4,3).
  package var f2Count = 0
  package var f4Count = 0
  /// Those by sums of products: of few channels, or all of them with an external GEMM.
  package var directCount = 0
}

extension PackedWeights {
  /// Which algorithms the dense 3x3 convolutions in floating point run by.
  package var convolutionUse: ConvolutionUse {
    var use = ConvolutionUse(
      accuracy: options.convolutions ?? graph.metadata.convolutionAccuracy)
    for id in graph.nodeIDs {
      switch self[id] {
      case .winograd(let packed):
        if packed.tile == 2 { use.f2Count += 1 } else { use.f4Count += 1 }
      case .convolutions, .taps: use.directCount += 1
      case .none, .matrices, .integerConvolutions, .channels, .omniScan, .channelScan: continue
      }
    }
    return use
  }

  /// Tiles that begin on multiples of this many input pixels get the bits of the whole picture.
  ///
  /// A multiple of the network's own alignment, and of a Winograd tile of each convolution at the
  /// size of its image. nil where it does not fit an `Int`.
  package var tileAlignment: Int? {
    var alignment = graph.metadata.tileAlignment
    for id in graph.nodeIDs {
      guard case .winograd(let packed) = self[id] else { continue }
      let shape = graph.type(of: graph[id].operands[0]).shape
      for dim in [shape[2], shape[3]] where dim.fixedCount == nil {
        // Input pixel p is pixel p * numerator / denominator of this image.
        guard let scaled = checkedProduct([packed.tile, dim.denominator]) else { return nil }
        let step = scaled / greatestCommonDivisor(scaled, dim.numerator)
        guard let next = checkedProduct([alignment / greatestCommonDivisor(alignment, step), step])
        else { return nil }
        alignment = next
      }
    }
    return alignment
  }

  /// Input pixels on each side of a tile that its inner pixels' bits depend on; nil for the whole
  /// picture.
  ///
  /// An output of F(2,3) has terms of its own nine neighbours only. One of F(4,3) has terms of its
  /// whole tile, whose rounding shows: through several layers two pixels each.
  package var tileRadius: Int? {
    guard let radius = graph.metadata.tileRadius else { return nil }
    return convolutionUse.f4Count > 0 ? 2 * radius : radius
  }
}
