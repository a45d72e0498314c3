import Foundation

/// exp(x) in double precision, as the C library computes it.
func exponential(_ x: Double) -> Double { exp(x) }
