import Foundation

/// The one function of the C library that the map needs.
enum NaturalLogarithm {
    static func of(_ x: Double) -> Double { log(x) }
}
