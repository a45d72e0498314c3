import CEpoll
import Glibc
import HTTPCore
import Synchronization

/// Connections that wait for the next request to the same server, and the switch that stops all.
final class ClientConnectionPool: Sendable {
    private struct Idle {
        let origin: String
        let socket: ClientSocket
        let since: MonotonicTime
    }

    let stopDescriptor: Int32
    private let idle = Mutex<[Idle]>([])
    private let countMax: Int
    private let time: Duration

    init(limits: HTTPClientLimits) {
        countMax = limits.idleConnectionsMax
        time = limits.idleTime
        // Without the descriptor (-1) poll ignores it, and the client merely cannot be stopped
        // before its deadlines.
        stopDescriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
    }

    deinit {
        for connection in idle.withLock({ $0 }) { connection.socket.close() }
        if stopDescriptor >= 0 { close(stopDescriptor) }
    }

    /// Makes every call that waits, now or later, fail.
    func stop() {
        var one: UInt64 = 1
        // Fails only if it was called before, often enough to fill the counter.
        _ = retrying { write(stopDescriptor, &one, MemoryLayout<UInt64>.size) }
    }

    /// A connection that is still good, the one used last: it is the likeliest to be.
    func take(for origin: String) -> ClientSocket? {
        while let connection = takeLast(for: origin) {
            let isYoung = MonotonicTime.now() < connection.since.advanced(by: time)
            if isYoung, connection.socket.isQuiet { return connection.socket }
            connection.socket.close()
        }
        return nil
    }

    private func takeLast(for origin: String) -> Idle? {
        idle.withLock { idle in
            let index = idle.lastIndex { $0.origin == origin }
            return index.map { idle.remove(at: $0) }
        }
    }

    func keep(_ socket: ClientSocket, for origin: String) {
        let surplus = idle.withLock { idle -> Idle? in
            idle.append(Idle(origin: origin, socket: socket, since: .now()))
            return idle.count > countMax ? idle.removeFirst() : nil
        }
        surplus?.socket.close()
    }
}
