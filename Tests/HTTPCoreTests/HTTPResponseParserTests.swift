import HTTPCore
import Testing

@Suite struct HTTPResponseParserTests {
    struct Answer: Equatable {
        var status = 0
        var body = ""
        var hasEnded = false
        var isReusable = false
    }

    private static func parse(
        _ pieces: [[UInt8]], method: HTTPMethod = .get, bodyBytesMax: Int = 1_000,
        closes: Bool = false, limits: HTTPLimits = HTTPLimits()
    ) throws(HTTPError) -> Answer {
        var parser = HTTPResponseParser(
            method: method, limits: limits, bodyBytesMax: bodyBytesMax)
        var answer = Answer()
        for piece in pieces {
            parser.append(piece)
            try take(from: &parser, into: &answer)
        }
        if closes {
            try parser.finish()
            try take(from: &parser, into: &answer)
        }
        answer.isReusable = parser.isReusable
        return answer
    }

    private static func take(
        from parser: inout HTTPResponseParser, into answer: inout Answer
    ) throws(HTTPError) {
        while true {
            switch try parser.next() {
            case .incomplete: return
            case .head(let head): answer.status = head.status.code
            case .piece(let bytes): answer.body += String(decoding: bytes, as: UTF8.self)
            case .end:
                answer.hasEnded = true
                return
            }
        }
    }

    private static func parse(
        _ text: String, method: HTTPMethod = .get, bodyBytesMax: Int = 1_000, closes: Bool = false
    ) throws(HTTPError) -> Answer {
        try parse(
            [Array(text.utf8)], method: method, bodyBytesMax: bodyBytesMax, closes: closes)
    }

    static let ok = "HTTP/1.1 200 OK\r\n"

    @Test(arguments: [
        ok + "Content-Length: 3\r\n\r\nabc",
        ok + "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n2;x\r\nbc\r\n0\r\nT: u\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + ok
            + "Content-Length: 3\r\n\r\nabc",
    ])
    func `an answer of each framing is read, at whatever byte it is split`(text: String) throws {
        let expected = Answer(status: 200, body: "abc", hasEnded: true, isReusable: true)
        let bytes = Array(text.utf8)

        for index in 0...bytes.count {
            let answer = try Self.parse([Array(bytes[..<index]), Array(bytes[index...])])
            #expect(answer == expected, "split at \(index)")
        }
        #expect(try Self.parse(bytes.map { [$0] }) == expected)
    }

    @Test func `a body without a length ends with the connection`() throws {
        let open = try Self.parse(Self.ok + "\r\nabc")
        let closed = try Self.parse(Self.ok + "\r\nabc", closes: true)

        #expect(open == Answer(status: 200, body: "abc"))
        #expect(closed == Answer(status: 200, body: "abc", hasEnded: true))
    }

    @Test(arguments: [("HEAD", 200), ("GET", 204), ("GET", 304)])
    func `an answer that has no body does not wait for one`(method: String, status: Int) throws {
        let text = "HTTP/1.1 \(status) x\r\nContent-Length: 5\r\n\r\n"

        let answer = try Self.parse(text, method: HTTPMethod(rawValue: method))

        #expect(answer == Answer(status: status, hasEnded: true, isReusable: true))
    }

    @Test func `bytes behind the answer spoil the connection`() throws {
        let answer = try Self.parse(Self.ok + "Content-Length: 3\r\n\r\nabcHTTP/1.1 200 OK\r\n")

        #expect(answer == Answer(status: 200, body: "abc", hasEnded: true, isReusable: false))
    }

    @Test(arguments: [
        "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        ok + "Content-Length: 0\r\nConnection: close\r\n\r\n",
    ])
    func `a server that will close is not asked again`(text: String) throws {
        #expect(try !Self.parse(text).isReusable)
    }

    @Test(arguments: [
        ok + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
        ok + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
        ok + "Content-Length: -1\r\n\r\n", ok + "Content-Length: 9223372036854775808\r\n\r\n",
        ok + "Transfer-Encoding: gzip\r\n\r\n", ok + "Transfer-Encoding: chunked\r\n\r\n-1\r\n",
        ok + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
        ok + "A : b\r\n\r\n", ok + "A: b\r\n c\r\n\r\n", ok + "A: b\0\r\n\r\n",
        "HTTP/1.1 200 OK\nA: b\n\n", "HTTP/2.0 200 OK\r\n", "HTTP/1.1 99 x\r\n",
        "HTTP/1.1 600 x\r\n", "HTTP/1.1 2000 x\r\n", "HTTP/1.1 +20 x\r\n", "HTTP/1.1\r\n",
        "nonsense\r\n", "\r\n", "HTTP/1.1 200 \u{1}\r\n", "HTTP/1.1 101 x\r\n\r\n",
        String(repeating: "x", count: 10_000), ok + "A: " + String(repeating: "x", count: 20_000),
        String(repeating: "HTTP/1.1 100 x\r\n\r\n", count: 9),
    ])
    func `an answer that is malformed or ambiguous is refused`(text: String) {
        let error = #expect(throws: HTTPError.self) { try Self.parse(text) }

        #expect(error?.status == .badGateway)
    }

    @Test func `eight interim answers are borne`() throws {
        let interim = String(repeating: "HTTP/1.1 102 x\r\n\r\n", count: 8)

        #expect(try Self.parse(interim + Self.ok + "\r\n").status == 200)
    }

    @Test(arguments: [
        ok + "Content-Length: 4\r\n\r\nabcd",
        ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n",
        ok + "\r\nabcd",
    ])
    func `a body is taken up to its limit and refused one byte later`(text: String) throws {
        #expect(try Self.parse(text, bodyBytesMax: 4, closes: true).body == "abcd")

        let error = #expect(throws: HTTPError.self) {
            try Self.parse(text, bodyBytesMax: 3, closes: true)
        }
        #expect(error?.status == .contentTooLarge)
    }

    @Test(arguments: [
        "", "HTTP/1.1 200", ok, ok + "Content-Length: 3\r\n\r\nab",
        ok + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
        ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n",
    ])
    func `an answer that is cut short is no answer`(text: String) {
        #expect(throws: HTTPError.self) { try Self.parse(text, closes: true) }
    }

    @Test func `a mutated answer never traps and never depends on its pieces`() {
        var generator = SeededGenerator(state: 99)
        let bytes = Array(
            (Self.ok
                + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;b\r\n0123456789\r\n0\r\n\r\n")
                .utf8)

        for _ in 0..<3_000 {
            var mutated = bytes
            let index = Int.random(in: 0..<mutated.count, using: &generator)
            mutated[index] = UInt8.random(in: 0...255, using: &generator)
            let whole = Result { () throws(HTTPError) in try Self.parse([mutated]) }
            let single = Result { () throws(HTTPError) in try Self.parse(mutated.map { [$0] }) }
            switch (whole, single) {
            case (.success(let whole), .success(let single)): #expect(whole == single)
            case (.failure(let whole), .failure(let single)):
                #expect(whole.message == single.message)
            default: Issue.record("The pieces matter at byte \(index), \(mutated[index]).")
            }
        }
    }
}
