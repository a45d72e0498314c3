import ClusterFeed
import Integrity

/// Why a pull ended before its end: a stable code, and a sentence with the values that matter.
///
/// Feed refusals and bundle refusals keep their own codes; the rest is named here.
package struct PullFailure: Error, Sendable {
    /// Such as `digest.mismatch` or `origin.unreachable`.
    package let code: String
    package let message: String
    /// The manifest of the bundle that is at fault, if it is one bundle and not the origin:
    /// backing off from it must not delay the next one.
    package private(set) var bundle: SHA256Digest?
    /// How long the origin asked to be left alone.
    package let retryAfter: Duration?
    package let cause: (any Error)?

    package init(
        code: String, _ message: String, retryAfter: Duration? = nil, cause: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.retryAfter = retryAfter
        self.cause = cause
    }

    init(_ refusal: FeedRefusal) {
        self.init(code: refusal.code.rawValue, refusal.message, cause: refusal)
    }

    /// The same failure as that of a bundle, unless the bundle cannot be blamed for it.
    func concerning(_ bundle: BundleReference) -> PullFailure {
        guard !Self.codesOfOrigin.contains(code) else { return self }
        var failure = self
        failure.bundle = bundle.manifest
        return failure
    }

    private static let codesOfOrigin: Set = [
        originUnreachable, originAnswer, originSlow, stopped,
    ]

    package static let originUnreachable = "origin.unreachable"
    package static let originAnswer = "origin.answer"
    package static let originSlow = "origin.slow"
    package static let digestMismatch = "digest.mismatch"
    package static let sizeMismatch = "size.mismatch"
    package static let diskPlan = "disk.plan"
    package static let memoryPlan = "memory.plan"
    package static let diskFailed = "disk.failed"
    package static let probeFailed = "probe.failed"
    package static let storeHeld = "store.held"
    package static let stopped = "stopped"
}
