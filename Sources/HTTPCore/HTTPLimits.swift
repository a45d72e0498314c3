/// How much of a message is read before it is refused; every refusal names its limit.
///
/// Each number bounds memory that a stranger can claim before anybody knows who asks.
package struct HTTPLimits: Sendable {
    /// Method, target and version without the line end; beyond it 414 (RFC 9112, section 3).
    package var requestLineBytesMax = 8 * 1024
    /// All field lines with their line ends; beyond it 431 (RFC 6585, section 5).
    package var headerBytesMax = 16 * 1024
    /// Field lines in one message; beyond it 431.
    package var fieldCountMax = 100
    /// A request body after its chunks are joined; beyond it 413. A route may have its own.
    package var bodyBytesMax = 1024 * 1024
    /// Extensions of all chunks of a body: they carry nothing, so only an attack sends many.
    package var chunkExtensionBytesMax = 1024
    /// The trailer section behind the last chunk, which is checked and dropped.
    package var trailerBytesMax = 4 * 1024
    /// Empty lines before a request line (RFC 9112, section 2.2 asks for at least one).
    package var emptyLinesMax = 1
    /// Segments of a path; beyond it 414.
    package var pathSegmentsMax = 64
    /// Names in a query; beyond it 414.
    package var queryItemsMax = 256
    /// Interim answers (1xx) that a client reads before the final one.
    package var interimResponsesMax = 8

    package init() {}

    /// The same limits for a listener whose bodies may be of another size.
    package func with(bodyBytesMax: Int) -> Self {
        var limits = self
        limits.bodyBytesMax = bodyBytesMax
        return limits
    }
}
