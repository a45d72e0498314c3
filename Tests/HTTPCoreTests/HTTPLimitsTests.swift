import HTTPCore
import Testing

/// The last size that is taken and the first that is refused.
@Suite struct HTTPLimitsTests {
    private static func limits(_ change: (inout HTTPLimits) -> Void) -> HTTPLimits {
        var limits = HTTPLimits()
        change(&limits)
        return limits
    }

    @Test(arguments: [(20, nil), (21, 414)] as [(Int, Int?)])
    func `the request line ends at its limit`(bytes: Int, refusal: Int?) {
        let limits = Self.limits { $0.requestLineBytesMax = 20 }
        let path = String(repeating: "a", count: bytes - "GET / HTTP/1.1".utf8.count)
        let text = head(line: "GET /\(path) HTTP/1.1")

        #expect(parse(text, limits: limits).refusal == refusal)
        #expect(parse(text.utf8.map { [$0] }, limits: limits).refusal == refusal)
    }

    @Test(arguments: [(30, nil), (31, 431)] as [(Int, Int?)])
    func `the header ends at its limit`(bytes: Int, refusal: Int?) {
        let limits = Self.limits { $0.headerBytesMax = 30 }
        let value = String(repeating: "x", count: bytes - "Host: a\r\nA: \r\n".utf8.count)
        let text = head("A: \(value)")

        #expect(parse(text, limits: limits).refusal == refusal)
        #expect(parse(text.utf8.map { [$0] }, limits: limits).refusal == refusal)
    }

    @Test(arguments: [(3, nil), (4, 431)] as [(Int, Int?)])
    func `the number of fields ends at its limit`(count: Int, refusal: Int?) {
        let limits = Self.limits { $0.fieldCountMax = 3 }
        let fields = Array(repeating: "A: b", count: count - 1).joined(separator: "\r\n")

        #expect(parse(head(fields), limits: limits).refusal == refusal)
    }

    @Test(arguments: [(5, nil), (6, 413)] as [(Int, Int?)])
    func `a body with a length ends at its limit`(bytes: Int, refusal: Int?) {
        let limits = HTTPLimits().with(bodyBytesMax: 5)
        let body = String(repeating: "x", count: bytes)

        let text = head("Content-Length: \(bytes)", line: "POST / HTTP/1.1") + body

        #expect(parse(text, limits: limits).refusal == refusal)
    }

    @Test(arguments: [(2, nil), (3, 413)] as [(Int, Int?)])
    func `a chunked body ends at its limit`(bytes: Int, refusal: Int?) {
        let limits = HTTPLimits().with(bodyBytesMax: 5)
        let last = String(repeating: "x", count: bytes)

        let text = chunked("3\r\nabc\r\n\(bytes)\r\n\(last)\r\n0\r\n\r\n")

        #expect(parse(text, limits: limits).refusal == refusal)
    }

    @Test(arguments: [(4, nil), (5, 400)] as [(Int, Int?)])
    func `extensions of all chunks together end at their limit`(bytes: Int, refusal: Int?) {
        let limits = Self.limits { $0.chunkExtensionBytesMax = 6 }
        let name = String(repeating: "x", count: bytes - 1)

        let text = chunked("1;a\r\na\r\n1;\(name)\r\na\r\n0\r\n\r\n")

        #expect(parse(text, limits: limits).refusal == refusal)
    }

    @Test(arguments: [(10, nil), (11, 431)] as [(Int, Int?)])
    func `the trailer ends at its limit`(bytes: Int, refusal: Int?) {
        let limits = Self.limits { $0.trailerBytesMax = 10 }
        let value = String(repeating: "x", count: bytes - "A: \r\n".utf8.count)

        #expect(parse(chunked("0\r\nA: \(value)\r\n\r\n"), limits: limits).refusal == refusal)
    }

    @Test func `a refused body names its size and the limit`() {
        var parser = HTTPRequestParser(limits: HTTPLimits().with(bodyBytesMax: 5))
        parser.append(Array(head("Content-Length: 6", line: "POST / HTTP/1.1").utf8))

        guard case .refused(let error) = parser.next() else {
            Issue.record("The body is taken.")
            return
        }

        #expect(error.message.contains("has 6 bytes, the limit is 5 bytes"))
    }

    @Test func `the limit on a body may depend on the request`() {
        var parser = HTTPRequestParser(limits: HTTPLimits()) { $0.path == "/large" ? 10 : 1 }
        let large = head("Content-Length: 2", line: "POST /large HTTP/1.1") + "ab"
        let small = head("Content-Length: 2", line: "POST /small HTTP/1.1") + "ab"

        parser.append(Array((large + small).utf8))

        guard case .request = parser.next(), case .refused(let error) = parser.next() else {
            Issue.record("The limits are the same.")
            return
        }
        #expect(error.status == .contentTooLarge)
    }
}
