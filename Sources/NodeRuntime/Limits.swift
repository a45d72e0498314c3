import ClusterPublisher
import Foundation
import HTTPCore
import HTTPTransport
import OperationsAPI

/// The limits of a node, in one place and related to one another.
enum Limits {
    /// A body of the function port: a question names a few items.
    static let functionBodyBytesMax = 1 << 20
    /// Bodies that are being read at once, all connections together.
    static let bodyBytesTotalMax = 512 << 20
    /// Threads for handlers that may wait. Writers share one fsync, so more of them wait at once
    /// than there are processors.
    static let workerThreads = 64
    /// Requests that may wait for a thread before the next one is refused with 503.
    static let queuedRequestsMax = 1_024
    /// How long requests may go on after SIGTERM.
    static let shutdownGrace = Duration.seconds(10)
    /// How long a bulk load may fetch from another host, or an export send to one.
    static let transferTime = Duration.seconds(600)
    /// How often what has expired is taken out of tables; nobody sees it in any case.
    static let sweepInterval = Duration.seconds(60)
    /// How often a trainer looks whether an entry must be signed anew.
    static let refreshInterval: TimeInterval = 3_600

    /// One body of the largest kind must fit among those that are read at once.
    static func check() {
        precondition(
            OperationsAPI.bodyBytesMax <= bodyBytesTotalMax,
            "a bulk load must fit the memory for bodies")
        precondition(
            PublisherRoutes.uploadBytesMax <= bodyBytesTotalMax,
            "an uploaded blob must fit the memory for bodies")
        precondition(queuedRequestsMax >= workerThreads, "a full pool must be able to queue")
    }
}
