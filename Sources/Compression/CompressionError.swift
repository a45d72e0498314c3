/// Why bytes are not the compressed text that was expected.
package struct CompressionError: Error, Sendable, Hashable {
    package enum Code: Sendable {
        /// Not what RFC 1951 and RFC 1952 describe, or cut short.
        case malformed
        /// Sound so far as it goes, but a sum or a size at the end does not fit.
        case corrupt
        /// More bytes come out than the caller takes.
        case limitExceeded
    }

    package let code: Code
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension CompressionError: CustomStringConvertible {
    package var description: String { message }
}

extension CompressionError {
    static func malformed(_ what: String) -> CompressionError {
        CompressionError(.malformed, "invalid gzip: \(what)")
    }
}
