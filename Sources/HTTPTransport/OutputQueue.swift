import Glibc

/// What a connection still has to send: bytes of memory and ranges of files, in order.
struct OutputQueue {
    enum Outcome {
        /// Nothing is left.
        case drained
        /// The client has to read first.
        case blocked
        /// This connection has had its share of the turn.
        case turnOver
        case failed(SystemError)
    }

    private enum Segment {
        case bytes([UInt8], sent: Int)
        case file(descriptor: Int32, offset: Int, missing: Int)
    }

    /// Sent before `tail`; closed files leave it at once.
    private var segments: [Segment] = []
    /// Small answers gather here, so that pipelined ones share a system call.
    private var tail: [UInt8] = []
    private var tailSent = 0
    private var fileCount = 0
    /// Bytes that are not sent yet, those of files too.
    private(set) var count = 0

    /// A body from here on is sent from where it lies instead of being copied.
    private static let copiedBytesMax = 32 * 1024
    /// An emptied buffer beyond this gives its memory back.
    private static let keptBytesMax = 16 * 1024

    var isEmpty: Bool { count == 0 }
    var hasFile: Bool { fileCount > 0 }

    mutating func append(_ bytes: [UInt8]) {
        guard bytes.count > Self.copiedBytesMax else {
            append { tail in tail.append(contentsOf: bytes) }
            return
        }
        count += bytes.count
        closeTail()
        segments.append(.bytes(bytes, sent: 0))
    }

    /// Lets a writer append to the bytes in place.
    mutating func append<E: Error>(_ write: (inout [UInt8]) throws(E) -> Void) throws(E) {
        if tailSent > Self.keptBytesMax {
            // A client that always reads a little would let the sent part grow without end.
            tail.removeFirst(tailSent)
            tailSent = 0
        }
        let before = tail.count
        defer { count += tail.count - before }
        try write(&tail)
    }

    /// Takes over the descriptor and closes it when its range is sent or the queue is cleared.
    mutating func append(file descriptor: Int32, range: Range<Int>) {
        closeTail()
        segments.append(
            .file(descriptor: descriptor, offset: range.lowerBound, missing: range.count))
        fileCount += 1
        count += range.count
    }

    private mutating func closeTail() {
        guard tailSent < tail.count else { return resetTail() }
        segments.append(.bytes(tail, sent: tailSent))
        tail = []
        tailSent = 0
    }

    private mutating func resetTail() {
        if tail.capacity > Self.keptBytesMax {
            tail = []
        } else {
            tail.removeAll(keepingCapacity: true)
        }
        tailSent = 0
    }

    mutating func removeAll() {
        for case .file(let descriptor, _, _) in segments { close(descriptor) }
        self = OutputQueue()
    }
}

extension OutputQueue {
    /// Sends as much as the kernel takes.
    mutating func write(to socket: Int32, fileBytesMax: Int) -> Outcome {
        var fileBytesLeft = fileBytesMax
        while !segments.isEmpty {
            let outcome = writeFirst(to: socket, fileBytesLeft: &fileBytesLeft)
            if let outcome { return outcome }
        }
        while tailSent < tail.count {
            let sent = Self.send(tail, from: tailSent, to: socket, more: false)
            guard sent > 0 else { return Self.stop(sent) }
            tailSent += sent
            count -= sent
        }
        resetTail()
        return .drained
    }

    /// Returns nil as long as there is more to try.
    private mutating func writeFirst(
        to socket: Int32, fileBytesLeft: inout Int
    ) -> Outcome? {
        switch segments[0] {
        case .bytes(let bytes, let done):
            let sent = Self.send(bytes, from: done, to: socket, more: segments.count > 1)
            guard sent > 0 else { return Self.stop(sent) }
            count -= sent
            if done + sent == bytes.count {
                segments.removeFirst()
            } else {
                segments[0] = .bytes(bytes, sent: done + sent)
            }
        case .file(let descriptor, let offset, let missing):
            guard missing > 0 else {
                close(descriptor)
                fileCount -= 1
                segments.removeFirst()
                return nil
            }
            guard fileBytesLeft > 0 else { return .turnOver }
            var position = offset
            let sent = retrying {
                sendfile(socket, descriptor, &position, min(missing, fileBytesLeft))
            }
            // Zero: the file has become shorter than it was when its length was promised.
            guard sent != 0 else { return .failed(SystemError(call: "sendfile", number: EIO)) }
            guard sent > 0 else { return Self.stop(sent) }
            fileBytesLeft -= sent
            count -= sent
            segments[0] = .file(
                descriptor: descriptor, offset: offset + sent, missing: missing - sent)
        }
        return nil
    }

    private static func send(
        _ bytes: [UInt8], from start: Int, to socket: Int32, more: Bool
    ) -> Int {
        let flags = Int32(MSG_NOSIGNAL) | (more ? Int32(MSG_MORE) : 0)
        return bytes.withUnsafeBytes { buffer in
            let rest = UnsafeRawBufferPointer(rebasing: buffer[start...])
            return retrying { Glibc.send(socket, rest.baseAddress, rest.count, flags) }
        }
    }

    private static func stop(_ sent: Int) -> Outcome {
        guard sent < 0, errno != EAGAIN, errno != EWOULDBLOCK else { return .blocked }
        return .failed(SystemError.last("send"))
    }
}
