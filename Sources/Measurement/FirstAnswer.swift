import Foundation

/// Waiting for a server to come up, and for it to come to rest.
package enum FirstAnswer {
    /// Between two attempts: short beside the start of any program, long beside a system call.
    private static let pauseNanoseconds = 200_000
    private static let answerMilliseconds: Int32 = 1_000
    private static let receivedBytesMax = 64 << 10

    /// Asks until the answer is 200.
    ///
    /// - Returns: Whether it came in time.
    package static func wait(
        port: Int, request: [UInt8], patience: Duration, unless hasEnded: () -> Bool
    ) -> Bool {
        let deadline = MonotonicClock.now() + patience.nanoseconds
        while MonotonicClock.now() < deadline {
            if ask(port: port, request) { return true }
            if hasEnded() { return false }
            MonotonicClock.sleep(pauseNanoseconds)
        }
        return false
    }

    /// Every failure is the same here: a server that is not ready yet.
    private static func ask(port: Int, _ request: [UInt8]) -> Bool {
        guard var socket = try? LoadSocket(port: port) else { return false }
        defer { socket.close() }
        guard (try? socket.send(request, due: 0)) != nil else { return false }
        var buffer = [UInt8](repeating: 0, count: receivedBytesMax)
        while true {
            var watched = pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&watched, 1, answerMilliseconds) > 0,
                let event = try? socket.receive(into: &buffer)
            else { return false }
            switch event {
            case .nothing: continue
            case .closed: return false
            case .answer(let status, _): return status == 200
            }
        }
    }

    /// A port of this machine on which nobody listened just now.
    package static func freePort() throws(MeasurementError) -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw .last("socket") }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                let status = bind(descriptor, address, size)
                return status == 0 ? getsockname(descriptor, address, &size) : status
            }
        }
        guard status == 0 else { throw .last("bind") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
