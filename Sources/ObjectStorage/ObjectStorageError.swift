/// Why there is no request for an object.
package struct ObjectStorageError: Error, Sendable, Hashable {
    package enum Code: Sendable {
        /// A bucket, a key, a region or an address that no object store has.
        case invalidLocation
    }

    package let code: Code
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
