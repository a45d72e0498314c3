import ClusterFeed

/// Why a pull ended before its end: a stable code, and a sentence with the values that matter.
///
/// Feed refusals and bundle refusals keep their own codes; the rest is named here.
package struct PullFailure: Error, Sendable {
    /// Such as `digest.mismatch` or `origin.unreachable`.
    package let code: String
    package let message: String
    /// What the failure is about, so that backing off from it does not delay anything else.
    package let subject: String
    package let cause: (any Error)?

    package init(
        code: String, _ message: String, subject: String = "", cause: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.subject = subject
        self.cause = cause
    }

    init(_ refusal: FeedRefusal) {
        self.init(code: refusal.code.rawValue, refusal.message, cause: refusal)
    }

    package static let originUnreachable = "origin.unreachable"
    package static let originAnswer = "origin.answer"
    package static let digestMismatch = "digest.mismatch"
    package static let sizeMismatch = "size.mismatch"
    package static let diskPlan = "disk.plan"
    package static let memoryPlan = "memory.plan"
    package static let diskFailed = "disk.failed"
    package static let probeFailed = "probe.failed"
    package static let storeHeld = "store.held"
    package static let trustMissing = "trust.missing"
    package static let stopped = "stopped"
}
