import Foundation
import Glibc
import Synchronization

/// A server that says what it is told to, whatever it is asked, once on each connection.
final class ScriptedServer: Sendable {
    struct Failure: Error {}

    private struct State {
        var connectionCount = 0
        var lastRequest = ""
        var held: [Int32] = []
        var isOver = false
    }

    let url: String
    private let listener: Int32
    private let state = Mutex(State())

    /// - Parameters:
    ///   - pieces: Sent one after the other behind the first bytes of a request.
    ///   - holdsOpen: Keeps connections open behind the last piece instead of closing them.
    init(_ pieces: [String], holdsOpen: Bool = false) throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) | listen(listener, 16)
                    | getsockname(listener, $0, &length)
            }
        }
        guard status == 0 else { throw Failure() }
        url = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))/x"
        Thread.detachNewThread { [weak self] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                guard let self else {
                    close(connection)
                    return
                }
                self.serve(connection, pieces, holdsOpen: holdsOpen)
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
        for connection in state.withLock({ $0.held }) { close(connection) }
    }

    private func serve(_ connection: Int32, _ pieces: [String], holdsOpen: Bool) {
        var buffer = [UInt8](repeating: 0, count: 16_384)
        let count = recv(connection, &buffer, buffer.count, 0)
        let request = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
        state.withLock {
            $0.connectionCount += 1
            $0.lastRequest = request
        }
        for piece in pieces {
            let bytes = Array(piece.utf8)
            _ = send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        }
        if holdsOpen {
            state.withLock { $0.held.append(connection) }
        } else {
            close(connection)
        }
    }

    var connectionCount: Int { state.withLock { $0.connectionCount } }
    var lastRequest: String { state.withLock { $0.lastRequest } }

    /// Returns once a request has arrived.
    func awaitRequest() {
        while connectionCount == 0 { sched_yield() }
    }
}
