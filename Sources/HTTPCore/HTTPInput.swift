/// Bytes that have arrived and are not yet understood: lines and counted pieces are taken from it.
///
/// Invariants:
/// 1. `start <= scanned <= bytes.count`.
/// 2. No line feed lies in `start..<scanned`: a line that arrives byte by byte is looked at once.
struct HTTPInput: Sendable {
    /// Why there is no line; the caller knows the status that this deserves.
    enum Fault: Error { case tooLong, bareLineFeed, bareCarriageReturn }

    private var bytes: [UInt8] = []
    private var start = 0
    private var scanned = 0

    /// Beyond this an emptied buffer gives its memory back: most connections idle.
    private static let keptBytesMax = 16 * 1024

    var count: Int { bytes.count - start }
    var isEmpty: Bool { count == 0 }
    var first: UInt8? { isEmpty ? nil : bytes[start] }

    mutating func append(_ more: UnsafeRawBufferPointer) {
        compact()
        bytes.append(contentsOf: more)
    }

    private mutating func compact() {
        guard start > 0 else { return }
        if start < bytes.count {
            bytes.removeFirst(start)
        } else if bytes.capacity > Self.keptBytesMax {
            bytes = []
        } else {
            bytes.removeAll(keepingCapacity: true)
        }
        scanned -= start
        start = 0
    }

    /// The next line without its CR LF, or nil until it has arrived.
    ///
    /// RFC 9112, section 2.2 lets a recipient take a bare LF for a line end. This one does not:
    /// a proxy in front that does would see other messages than we do.
    mutating func takeLine(bytesMax: Int) throws(Fault) -> ArraySlice<UInt8>? {
        let found = bytes.withUnsafeBufferPointer { buffer -> Result<Int?, Fault> in
            var index = scanned
            while index < buffer.count {
                let isAfterReturn = index > start && buffer[index - 1] == ASCII.carriageReturn
                if buffer[index] == ASCII.lineFeed {
                    return isAfterReturn ? .success(index) : .failure(.bareLineFeed)
                }
                if isAfterReturn { return .failure(.bareCarriageReturn) }
                let isReturn = buffer[index] == ASCII.carriageReturn
                if index - start >= bytesMax, !isReturn || index - start > bytesMax {
                    return .failure(.tooLong)
                }
                index += 1
            }
            return .success(nil)
        }
        guard let lineFeed = try found.get() else {
            scanned = bytes.count
            return nil
        }
        let line = bytes[start..<(lineFeed - 1)]
        start = lineFeed + 1
        scanned = start
        return line
    }

    /// At most that many bytes, fewer if fewer have arrived.
    mutating func take(upTo countMax: Int) -> ArraySlice<UInt8> {
        let end = start + min(countMax, count)
        let piece = bytes[start..<end]
        start = end
        scanned = end
        return piece
    }
}
