/// Why a body is not the CBOR or MessagePack that was expected.
package struct WireFormatError: Error, Sendable, Hashable {
    package enum Code: Sendable {
        /// Not what the format's specification describes, or cut short.
        case malformed
        /// Nested deeper, or longer, than the caller allows.
        case limitExceeded
        /// A map names a member twice.
        case duplicateName
        /// A value that JSON has no form for, such as a byte string.
        case unsupported
    }

    package let code: Code
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension WireFormatError: CustomStringConvertible {
    package var description: String { message }
}
