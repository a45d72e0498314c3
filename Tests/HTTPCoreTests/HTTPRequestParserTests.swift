import HTTPCore
import Testing

@Suite struct HTTPRequestParserTests {
    /// Two requests of each framing, one after the other.
    static let pipeline =
        head("Accept: */*", line: "GET /books?q=le+petit%20prince&x HTTP/1.1")
        + head("Content-Length: 5", line: "POST /a%2Fb HTTP/1.1") + "hello"
        + chunked("3;name=value\r\nabc\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n")
        + head("Connection: close", line: "DELETE http://b:80/x HTTP/1.1")

    static let pipelineOutcome = Outcome(requests: [
        "GET /books [q=le petit prince,x=]  true", "POST /a/b [] hello true",
        "POST / [] abc0123456789 true", "DELETE /x []  false",
    ])

    @Test func `pipelined requests of each framing are read`() {
        #expect(parse(Self.pipeline) == Self.pipelineOutcome)
    }

    @Test func `a split at any byte changes nothing`() {
        let bytes = Array(Self.pipeline.utf8)

        for index in 0...bytes.count {
            let outcome = parse([Array(bytes[..<index]), Array(bytes[index...])])
            #expect(outcome == Self.pipelineOutcome, "split at \(index)")
        }
    }

    @Test func `bytes that come one by one change nothing`() {
        #expect(parse(Self.pipeline.utf8.map { [$0] }) == Self.pipelineOutcome)
    }

    @Test(arguments: RefusedRequests.all)
    func `what is malformed or ambiguous is refused`(attack: RefusedRequests.Attack) {
        #expect(parse(attack.text).refusal == attack.status)
    }

    @Test(arguments: RefusedRequests.all)
    func `a refusal is the same byte by byte`(attack: RefusedRequests.Attack) {
        #expect(parse(attack.text.utf8.map { [$0] }) == parse(attack.text))
    }

    @Test(arguments: RefusedRequests.all)
    func `nothing behind a refusal is read`(attack: RefusedRequests.Attack) {
        #expect(parse(attack.text + head()).requests == parse(attack.text).requests)
    }

    @Test(arguments: [
        ("empty Accept", head("Accept:")), ("tabs around a value", head("A:\t b \t")),
        ("obs-text in a value", head("A: caf\u{E9}")), ("many dashes", head("-: x")),
        ("one empty line before", "\r\n" + head()),
        ("IPv6 host", "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"),
        ("HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n"),
        ("leading zeros in a length", head("Content-Length: 0000", line: "POST / HTTP/1.1")),
        ("chunked in capitals", head("Transfer-Encoding: CHUNKED") + "0\r\n\r\n"),
        ("blank before a chunk extension", chunked("0 ;a=b\r\n\r\n")),
        ("asterisk", head(line: "OPTIONS * HTTP/1.1")),
        ("absolute form without a path", head(line: "GET http://a?x=1 HTTP/1.1")),
        ("an unknown method", head(line: "BREW / HTTP/1.1")),
    ])
    func `what is unusual but clear is taken`(name: String, text: String) {
        let outcome = parse(text)

        #expect(outcome.refusal == nil)
        #expect(outcome.requests.count == 1)
    }

    @Test func `an absolute target overrules the Host field`() {
        let read = firstRequest(in: head(line: "GET http://books:81/x HTTP/1.1"))

        #expect(read?.fields.values(of: "Host") == ["books:81"])
    }

    @Test(arguments: [
        ("GET / HTTP/1.1", "X: y", true), ("GET / HTTP/1.1", "Connection: close", false),
        ("GET / HTTP/1.1", "Connection: x, Close", false),
        ("GET / HTTP/1.0", "X: y", false), ("GET / HTTP/1.0", "Connection: Keep-Alive", true),
    ])
    func `the connection stays as the version and the client want`(
        line: String, field: String, stays: Bool
    ) {
        #expect(parse(head(field, line: line)).requests == ["GET / []  \(stays)"])
    }

    @Test func `a mutated request never traps and never depends on its pieces`() {
        var generator = SeededGenerator(state: 20_260_301)
        let bytes = Array(Self.pipeline.utf8)
        let alphabet = Array("\r\n\0 :;,%/?#09afAFzZ\t-+\u{7F}".utf8) + [0x80, 0xFF]

        for _ in 0..<3_000 {
            var mutated = bytes
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let index = Int.random(in: 0..<mutated.count, using: &generator)
                let byte = alphabet.randomElement(using: &generator) ?? 0
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: mutated[index] = byte
                case 1: mutated.insert(byte, at: index)
                default: mutated.remove(at: index)
                }
            }
            let cut = Int.random(in: 0...mutated.count, using: &generator)
            let whole = parse([mutated])
            #expect(whole == parse([Array(mutated[..<cut]), Array(mutated[cut...])]))
            #expect(whole == parse(mutated.map { [$0] }))
        }
    }

    @Test func `random bytes never trap`() {
        var generator = SeededGenerator(state: 7)

        for _ in 0..<2_000 {
            let count = Int.random(in: 0..<200, using: &generator)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            #expect(parse([bytes]).requests.isEmpty)
            #expect(parse([Array("POST /".utf8) + bytes]).requests.isEmpty)
        }
    }

    @Test func `a client that waits for its go-ahead is seen to wait`() {
        var parser = HTTPRequestParser(limits: HTTPLimits())
        let expecting = head(
            "Content-Length: 2", "Expect: 100-Continue", line: "POST / HTTP/1.1")

        parser.append(Array(expecting.utf8))
        _ = parser.next()
        #expect(parser.expectsContinue)

        parser.append(Array("x".utf8))
        _ = parser.next()
        #expect(!parser.expectsContinue)
    }
}
