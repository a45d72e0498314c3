import Glibc
import HTTPCore

/// A connection to a server, used by one call at a time; every wait has an end.
struct ClientSocket: Sendable {
    enum Failure: Error {
        case system(SystemError)
        case timedOut
        case stopped
    }

    let descriptor: Int32
    /// Readable once the client is stopped.
    let stopDescriptor: Int32

    static func connect(
        to address: SocketAddress, until deadline: MonotonicTime, stopDescriptor: Int32
    ) throws(Failure) -> ClientSocket {
        let type = Int32(
            SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = Glibc.socket(address.family, type, 0)
        guard descriptor >= 0 else { throw .system(.last("socket")) }
        let socket = ClientSocket(descriptor: descriptor, stopDescriptor: stopDescriptor)
        do throws(Failure) {
            try socket.finishConnecting(to: address, until: deadline)
            return socket
        } catch {
            socket.close()
            throw error
        }
    }

    private func finishConnecting(
        to address: SocketAddress, until deadline: MonotonicTime
    ) throws(Failure) {
        do throws(SystemError) {
            try ListeningSocket.set(TCP_NODELAY, level: Int32(IPPROTO_TCP), on: descriptor)
        } catch {
            throw .system(error)
        }
        let status = address.withPointer { Glibc.connect(descriptor, $0, $1) }
        guard status != 0 else { return }
        guard errno == EINPROGRESS else { throw .system(.last("connect")) }
        try wait(for: POLLOUT, until: deadline)
        var number: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &number, &size) == 0 else {
            throw .system(.last("getsockopt"))
        }
        guard number == 0 else { throw .system(SystemError(call: "connect", number: number)) }
    }

    func close() { Glibc.close(descriptor) }

    func send(_ bytes: [UInt8], until deadline: MonotonicTime) throws(Failure) {
        var start = 0
        while start < bytes.count {
            let sent = bytes.withUnsafeBytes { buffer in
                let rest = UnsafeRawBufferPointer(rebasing: buffer[start...])
                return retrying {
                    Glibc.send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
                }
            }
            if sent >= 0 {
                start += sent
            } else {
                guard errno == EAGAIN || errno == EWOULDBLOCK else { throw .system(.last("send")) }
                try wait(for: POLLOUT, until: deadline)
            }
        }
    }

    /// Waits for bytes and says how many came; 0 is the server's end.
    func receive(
        into buffer: UnsafeMutableRawBufferPointer, until deadline: MonotonicTime
    ) throws(Failure) -> Int {
        while true {
            let count = retrying { recv(descriptor, buffer.baseAddress, buffer.count, 0) }
            guard count < 0 else { return count }
            guard errno == EAGAIN || errno == EWOULDBLOCK else { throw .system(.last("recv")) }
            try wait(for: POLLIN, until: deadline)
        }
    }

    /// False if the server has closed a kept connection, or has sent what nobody asked for.
    var isQuiet: Bool {
        var byte: UInt8 = 0
        let count = retrying { recv(descriptor, &byte, 1, Int32(MSG_PEEK)) }
        return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)
    }

    private func wait(for event: Int32, until deadline: MonotonicTime) throws(Failure) {
        while true {
            let milliseconds = MonotonicTime.now().millisecondsUntil(deadline)
            guard milliseconds > 0 else { throw .timedOut }
            var watched = [
                pollfd(fd: descriptor, events: Int16(event), revents: 0),
                pollfd(fd: stopDescriptor, events: Int16(POLLIN), revents: 0),
            ]
            let count = poll(&watched, nfds_t(watched.count), milliseconds)
            guard count >= 0 || errno == EINTR else { throw .system(.last("poll")) }
            guard watched[1].revents == 0 else { throw .stopped }
            if count > 0 { return }
        }
    }
}
