import Foundation

/// exp(x) in double precision, as the C library computes it.
func exponential(_ x: Double) -> Double { exp(x) }

/// The natural logarithm in double precision, as the C library computes it.
func logarithm(_ x: Double) -> Double { log(x) }
