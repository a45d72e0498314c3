/// Finds the ends of HTTP answers that say their length; one for each connection.
///
/// No more than a generator of load needs: the status and where the next answer begins. A server
/// that is to be measured sends `Content-Length` (RFC 9112, section 6.3).
struct AnswerScanner {
    private var head: [UInt8] = []
    /// Bytes of the body that are still to come, once its head is known.
    private var bodyLeft: Int?
    private var status = 0

    private static let headBytesMax = 16 << 10
    private static let headEnd: [UInt8] = Array("\r\n\r\n".utf8)
    private static let lengthName = "\r\ncontent-length:"
    /// `HTTP/1.1 ` stands before the status.
    private static let statusStart = 9
    private static let statusEnd = 12

    /// Whether an answer has begun and not ended.
    var isWithinAnswer: Bool { bodyLeft != nil || !head.isEmpty }

    /// Takes what came.
    ///
    /// - Returns: The status, once the answer is whole.
    /// - Throws: `.server` if the bytes are no such answer, or go on after its end.
    mutating func feed(_ bytes: ArraySlice<UInt8>) throws(MeasurementError) -> Int? {
        var rest = bytes
        if bodyLeft == nil {
            while bodyLeft == nil, let byte = rest.popFirst() {
                head.append(byte)
                guard byte == Self.headEnd.last else { continue }
                if head.suffix(Self.headEnd.count) == Self.headEnd[...] { try readHead() }
            }
            guard head.count <= Self.headBytesMax else {
                throw MeasurementError(
                    .server, "a head has more than \(Self.headBytesMax) bytes, the limit")
            }
        }
        guard let left = bodyLeft else { return nil }
        guard rest.count <= left else {
            throw MeasurementError(.server, "the answer is longer than it says")
        }
        guard rest.count == left else {
            bodyLeft = left - rest.count
            return nil
        }
        bodyLeft = nil
        head.removeAll(keepingCapacity: true)
        return status
    }

    private mutating func readHead() throws(MeasurementError) {
        guard head.count > Self.statusEnd,
            let status = Self.number(head[Self.statusStart..<Self.statusEnd])
        else { throw MeasurementError(.server, "this is no answer of HTTP") }
        let name = Self.lengthName.utf8
        let start = head.indices.first { start in
            // Field names have any case; 0x20 is the bit that makes a letter small.
            head[start...].count >= name.count
                && zip(head[start...], name).allSatisfy { $0 == $1 || $0 | 0x20 == $1 }
        }
        guard let start else { throw MeasurementError(.server, "an answer has no Content-Length") }
        let line = head[(start + name.count)...].prefix { $0 != UInt8(ascii: "\r") }
        guard let length = Self.number(line.drop { $0 == UInt8(ascii: " ") }) else {
            throw MeasurementError(.server, "an answer's Content-Length is no number")
        }
        (self.status, bodyLeft) = (status, length)
    }

    private static func number(_ digits: some Sequence<UInt8>) -> Int? {
        Int(String(decoding: Array(digits), as: UTF8.self))
    }
}
