/// Why a bundle cannot be written, read or trusted.
package struct BundleError: Error, Sendable {
    package enum Code: String, Sendable {
        /// A file is missing, unreadable or no regular file.
        case unreadable = "bundle.unreadable"
        /// The manifest or a header is not what the format demands.
        case malformed = "bundle.malformed"
        /// Written for a newer node, or with a feature that this one does not know.
        case incompatible = "bundle.incompatible"
        /// A blob has another length or another digest than the manifest says.
        case digestMismatch = "digest.mismatch"
        /// Parts that are sound each by itself do not fit together.
        case inconsistent = "bundle.inconsistent"
        /// Larger than a limit allows.
        case limitExceeded = "bundle.limit"
        /// The disk refused.
        case unwritable = "bundle.unwritable"
    }

    package let code: Code
    package let message: String
    package let cause: (any Error)?

    package init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }
}

extension BundleError: CustomStringConvertible {
    package var description: String { "\(code.rawValue): \(message)" }
}
