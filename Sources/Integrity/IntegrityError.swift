/// A failure of cryptography that is not an answer.
///
/// A signature that does not fit is no error but the answer false.
package struct IntegrityError: Error, Sendable, Hashable {
    package enum Code: Sendable {
        /// The library could not be prepared, or the memory for a password hash is missing.
        case unavailable
        /// A key is not what its text form demands.
        case malformedKey
        /// A password is longer than the limit.
        case limitExceeded
    }

    package let code: Code
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
