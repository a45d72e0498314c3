/// A request that cannot be answered as asked: a status and a sentence that the client may see.
package struct HTTPError: Error, Sendable {
    package var status: HTTPStatus
    package var message: String
    /// Further fields of the answer, such as Allow or Retry-After.
    package var fields: HTTPFields
    /// What the log sees and the client does not.
    package var cause: (any Error)?

    package init(
        _ status: HTTPStatus, _ message: String, fields: HTTPFields = HTTPFields(),
        cause: (any Error)? = nil
    ) {
        self.status = status
        self.message = message
        self.fields = fields
        self.cause = cause
    }
}
