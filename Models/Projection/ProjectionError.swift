/// Why points cannot be brought onto a map.
package struct ProjectionError: Error, Sendable, Hashable {
    package enum Code: Sendable {
        /// There are no points, or a point has no dimensions.
        case nothingToProject
        /// A coordinate is no number, or the values do not fill the rows.
        case invalidPoints
        /// A setting lies outside of its range.
        case invalidSetting
        /// More points or dimensions than a limit allows.
        case limitExceeded
        /// The caller did not want to go on.
        case cancelled
    }

    package let code: Code
    package let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension ProjectionError: CustomStringConvertible {
    package var description: String { message }
}
