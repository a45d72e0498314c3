import Foundation
import HTTPCore
import Synchronization
import Telemetry

/// Serves HTTP/1.1 on any number of listeners with a few event loops.
///
///     ready --start--> running --shutdown--> (loops end) --> ended
///
/// Each loop has its own sockets on every listener's port; the kernel divides the connections.
/// A domain socket is the first loop's alone: its clients are a few tools on this machine, so
/// that there is nothing to divide, and the handlers run on the same workers in any case.
package final class HTTPServer: Sendable {
    private enum State {
        case ready
        case starting
        case running(ServerShared, [LoopMailbox], loopsLeft: Int)
        case ended
    }

    private struct Lifecycle {
        var state = State.ready
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let listeners: [HTTPListener]
    private let configuration: HTTPServerConfiguration
    private let log: Log
    private let metrics: Metrics
    private let lifecycle = Mutex(Lifecycle())

    /// What `run` gives to work in progress when its task is cancelled.
    private static let cancellationGrace = Duration.seconds(10)

    package init(
        listeners: [HTTPListener], configuration: HTTPServerConfiguration = .init(),
        log: Log, metrics: Metrics
    ) {
        precondition(configuration.loops > 0, "A server without event loops would be deaf.")
        self.listeners = listeners
        self.configuration = configuration
        self.log = log
        self.metrics = metrics
    }

    /// Binds every listener and begins to serve; a server starts once in its life.
    ///
    /// - Returns: The ports, in the order of the listeners; 0 for a domain socket.
    /// - Throws: `.addressInUse`, `.invalidAddress`, `.socket`, `.eventLoop`, `.alreadyStarted`;
    ///   nothing is left open then.
    package func start() throws(HTTPTransportError) -> [Int] {
        try claimStart()
        let (sockets, ports) = try openListeners()
        let loops: [(mailbox: LoopMailbox, epoll: Int32)]
        do throws(HTTPTransportError) {
            loops = try openLoops()
        } catch {
            for case let socket? in sockets.joined() { socket.close() }
            throw error
        }
        let shared = ServerShared(
            listeners: listeners, configuration: configuration,
            counters: ServerCounters(metrics: metrics), log: log)
        lifecycle.withLock {
            $0.state = .running(shared, loops.map(\.mailbox), loopsLeft: loops.count)
        }
        for (index, loop) in loops.enumerated() {
            let own = sockets.map { $0[index] }
            startThread(index, shared: shared, mailbox: loop.mailbox, epoll: loop.epoll, own)
        }
        return ports
    }

    /// Returns when the server has shut down; cancelling the task shuts it down.
    package func run() async {
        await withTaskCancellationHandler {
            await ended()
        } onCancel: {
            requestShutdown(grace: Self.cancellationGrace)
        }
    }

    /// Stops accepting, lets requests at work finish, then returns.
    ///
    /// - Parameter grace: After this, what still runs is cut off.
    package func shutdown(grace: Duration) async {
        requestShutdown(grace: grace)
        await ended()
    }

    /// Begins a shutdown and returns at once; may be called from anywhere, more than once, but
    /// not while `start` runs on another thread.
    package func requestShutdown(grace: Duration) {
        let mailboxes = lifecycle.withLock { lifecycle -> [LoopMailbox] in
            switch lifecycle.state {
            case .ready:
                lifecycle.state = .ended
                return []
            case .starting: preconditionFailure("A server is shut down once its start returned.")
            case .running(_, let mailboxes, _): return mailboxes
            case .ended: return []
            }
        }
        for mailbox in mailboxes { mailbox.post(.shutdown(grace: grace)) }
    }

    private func ended() async {
        await withCheckedContinuation { continuation in
            let hasEnded = lifecycle.withLock { lifecycle in
                if case .ended = lifecycle.state { return true }
                lifecycle.waiters.append(continuation)
                return false
            }
            if hasEnded { continuation.resume() }
        }
    }
}

extension HTTPServer {
    private func claimStart() throws(HTTPTransportError) {
        let isReady = lifecycle.withLock { lifecycle in
            guard case .ready = lifecycle.state else { return false }
            lifecycle.state = .starting
            return true
        }
        guard isReady else {
            throw HTTPTransportError(.alreadyStarted, "A server starts once in its life.")
        }
    }

    private func openListeners() throws(HTTPTransportError) -> (
        sockets: [[ListeningSocket?]], ports: [Int]
    ) {
        var sockets: [[ListeningSocket?]] = []
        var ports: [Int] = []
        do throws(HTTPTransportError) {
            for listener in listeners {
                let opened = try ListeningSocket.open(
                    listener, count: configuration.loops,
                    backlog: configuration.connections.backlog)
                sockets.append(opened.sockets)
                ports.append(opened.port)
            }
        } catch {
            for case let socket? in sockets.joined() { socket.close() }
            throw error
        }
        return (sockets, ports)
    }

    private func openLoops() throws(HTTPTransportError) -> [(mailbox: LoopMailbox, epoll: Int32)] {
        var loops: [(mailbox: LoopMailbox, epoll: Int32)] = []
        do throws(SystemError) {
            for _ in 0..<configuration.loops {
                loops.append((try LoopMailbox(), try Epoll.open()))
            }
        } catch {
            for loop in loops { close(loop.epoll) }
            throw HTTPTransportError(.eventLoop, "An event loop cannot be made.", cause: error)
        }
        return loops
    }

    private func startThread(
        _ index: Int, shared: ServerShared, mailbox: LoopMailbox, epoll: Int32,
        _ sockets: [ListeningSocket?]
    ) {
        let thread = Thread {
            Self.blockPipeSignal()
            EventLoop(shared: shared, mailbox: mailbox, epoll: epoll, listeners: sockets).run()
            self.loopEnded()
        }
        thread.name = "http-loop-\(index)"
        thread.start()
    }

    /// `sendfile` to a connection that is gone raises SIGPIPE and has no flag against it.
    private static func blockPipeSignal() {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    private func loopEnded() {
        let waiters = lifecycle.withLock { lifecycle -> [CheckedContinuation<Void, Never>] in
            guard case .running(let shared, let mailboxes, let left) = lifecycle.state else {
                return []
            }
            guard left == 1 else {
                lifecycle.state = .running(shared, mailboxes, loopsLeft: left - 1)
                return []
            }
            shared.pool.stop()
            lifecycle.state = .ended
            defer { lifecycle.waiters = [] }
            return lifecycle.waiters
        }
        for waiter in waiters { waiter.resume() }
    }
}
