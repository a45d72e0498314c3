import Glibc
import HTTPCore

/// One client's connection; belongs to one event loop and is touched by its thread only.
///
/// Invariants:
/// 1. The socket is open until the state is `closed`.
/// 2. Some deadline is set in every state but `answering` and `streaming` without output.
/// 3. At most one entry of the loop's timer queue that matters, at `timerAt`.
final class Connection {
    /// What the connection waits for, and thus which limit its deadline comes from.
    enum Wait: Equatable {
        case handler
        case idle
        case head
        case body(receivedBefore: Int)
        case write
        case linger
    }

    /// Where the client is.
    enum Peer {
        case remote
        case loopback
        case domainSocket
    }

    let socket: Int32
    let token: ConnectionToken
    let listenerIndex: Int
    let peer: Peer

    var state = ConnectionState.reading
    var parser: HTTPRequestParser
    var output = OutputQueue()
    var requestCount = 0
    /// The client has shut its direction: no more requests, but it may still read.
    var hasInputEnded = false
    var hasSentContinue = false
    var isCounted: Bool

    var interest: Epoll.Interest = .input
    var isInReadyList = false

    private(set) var wait = Wait.idle
    private(set) var deadline: MonotonicTime?
    var timerAt: MonotonicTime?
    /// Bytes ever read, by which the rate of a body is known.
    var receivedBytes = 0

    /// The body of the request that a handler has.
    var bodyBytesAtWork = 0
    /// What this connection has added to the server's sum of bodies.
    var chargedBytes = 0

    init(
        socket: Int32, token: ConnectionToken, listenerIndex: Int, peer: Peer,
        parser: HTTPRequestParser, isCounted: Bool
    ) {
        self.socket = socket
        self.token = token
        self.listenerIndex = listenerIndex
        self.peer = peer
        self.parser = parser
        self.isCounted = isCounted
    }

    func setWait(_ wait: Wait, until deadline: MonotonicTime?) {
        self.wait = wait
        self.deadline = deadline
    }

    /// The memory that the connection's body takes now.
    var bodyBytes: Int { state.isClosed ? 0 : parser.bodyBytes + bodyBytesAtWork }

    /// Not one byte of a request is there, nor is one being answered.
    var isIdle: Bool { state.isReading && parser.phase == .idle }

    /// Whether bytes from the client would be looked at now.
    func wantsInput(_ limits: HTTPConnectionLimits) -> Bool {
        guard !hasInputEnded else { return false }
        switch state {
        case .reading: return hasRoom(limits)
        case .lingering: return true
        case .answering, .streaming, .closing, .closed: return false
        }
    }

    /// The answer at work is the last one, its end being that of the connection.
    func endAfterAnswer() {
        guard case .answering(var exchange) = state else { return }
        exchange.encoder.keepsAlive = false
        state = .answering(exchange)
    }

    /// Whether another answer may be queued before the client has read those before it. A file
    /// counts as full: each one waiting would hold a descriptor.
    func hasRoom(_ limits: HTTPConnectionLimits) -> Bool {
        output.count <= limits.outputBytesMax && !output.hasFile
    }
}
