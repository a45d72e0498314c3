import Foundation
import HTTPCore

/// How many threads serve, and what is refused, cut off or put off.
package struct HTTPServerConfiguration: Sendable {
    /// Event loops, each on its own thread with its own sockets; at least 1.
    package var loops: Int
    package var workers: HTTPWorkerLimits
    package var limits: HTTPLimits
    package var connections: HTTPConnectionLimits
    /// Seconds since 1970 for the Date field. Deadlines never use it: they are monotonic.
    package var wallClock: @Sendable () -> Int

    package init(
        loops: Int = ProcessInfo.processInfo.activeProcessorCount,
        workers: HTTPWorkerLimits = HTTPWorkerLimits(),
        limits: HTTPLimits = HTTPLimits(),
        connections: HTTPConnectionLimits = HTTPConnectionLimits(),
        wallClock: @escaping @Sendable () -> Int = { Int(Date().timeIntervalSince1970) }
    ) {
        self.loops = loops
        self.workers = workers
        self.limits = limits
        self.connections = connections
        self.wallClock = wallClock
    }
}

/// The threads on which handlers may wait.
package struct HTTPWorkerLimits: Sendable {
    package var threads: Int
    /// Requests that wait for a thread; one more is answered with 503.
    package var queuedMax: Int
    /// A request for a prompt answer that has waited longer for its event loop is told 503: the
    /// loop has more to do than it can, and answers that come too late help nobody.
    package var promptWaitMax: Duration
    /// What the 503 asks the client to wait.
    package var retryAfterSeconds: Int

    package init(
        threads: Int = 8, queuedMax: Int = 256, promptWaitMax: Duration = .milliseconds(250),
        retryAfterSeconds: Int = 1
    ) {
        self.promptWaitMax = promptWaitMax
        self.threads = threads
        self.queuedMax = queuedMax
        self.retryAfterSeconds = retryAfterSeconds
    }
}

/// How long a connection may take for what, and how much it may claim.
package struct HTTPConnectionLimits: Sendable {
    /// Connections of the whole server; one more is told 503 and closed.
    package var connectionsMax = 10_000
    /// Connections over the limit that are being told so, for each loop; more are just closed.
    package var refusedConnectionsMax = 64
    /// Between two requests of a connection.
    package var idleTime = Duration.seconds(60)
    /// From the first byte of a head to its last, however steadily it drips.
    package var headerTime = Duration.seconds(10)
    /// A body must bring `bodyBytesPerWindowMin` in each window of `bodyWindow`.
    package var bodyWindow = Duration.seconds(10)
    package var bodyBytesPerWindowMin = 10 * 1024
    /// Of all bodies in memory together, read or at work; what would go beyond is told 503. At
    /// least as large as the largest body that a route takes.
    package var bodyBytesTotalMax = 256 * 1024 * 1024
    /// A client that takes not one byte of its answer for so long is cut off.
    package var writeStallTime = Duration.seconds(30)
    /// After the last answer: until the client has closed too, its input being thrown away.
    package var lingerTime = Duration.seconds(2)
    package var lingerBytesMax = 1024 * 1024
    /// While more output than this is unsent, no further request of the connection is handled.
    package var outputBytesMax = 256 * 1024
    /// Pipelined requests answered before the loop turns to other connections.
    package var pipelinedRequestsPerTurnMax = 32
    /// Of a file, before the loop turns to other connections.
    package var fileBytesPerTurnMax = 512 * 1024
    /// Connections taken from one listener before the loop turns to others.
    package var acceptsPerTurnMax = 64
    /// No connection is accepted for so long after the process ran out of descriptors.
    package var acceptPause = Duration.milliseconds(100)
    /// The kernel's queue of connections that nobody has accepted.
    package var backlog: Int32 = 1024

    package init() {}
}
