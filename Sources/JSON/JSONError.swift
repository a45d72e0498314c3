/// Why a text is not the JSON that was expected.
package struct JSONError: Error, Sendable, Hashable {
    package enum Code: Sendable {
        /// Not JSON as RFC 8259 defines it.
        case malformed
        /// Nested deeper, or longer, than the caller allows.
        case limitExceeded
        /// An object names a member twice.
        case duplicateName
        /// JSON, but not of the expected shape.
        case unexpectedShape
    }

    package let code: Code
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension JSONError: CustomStringConvertible {
    package var description: String { message }
}
