/// Why a TensorFlow.js model cannot become a bundle.
package struct TensorFlowJSError: Error, Sendable, Hashable {
    package enum Code: Sendable {
        /// A file is missing, no regular file, or cannot be read.
        case unreadable
        /// The model's description is not what the format demands.
        case malformed
        /// The weight files hold more or fewer bytes than the description says.
        case wrongLength
        /// Larger than a limit allows.
        case limitExceeded
        /// A type of weights, or a way to store them, that is not read here.
        case unsupported
        /// The towers are not there, or there is more than one candidate for a part.
        case noTwoTower
        /// Parts that are sound each by itself do not fit together.
        case inconsistent
    }

    package let code: Code
    package let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension TensorFlowJSError: CustomStringConvertible {
    package var description: String { message }
}
