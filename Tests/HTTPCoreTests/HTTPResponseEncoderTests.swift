import HTTPCore
import Testing

@Suite struct HTTPResponseEncoderTests {
    private static func encode(
        _ response: HTTPResponse, isHead: Bool = false, versionMinor: Int = 1,
        keepsAlive: Bool = true
    ) throws -> (text: String, payload: HTTPResponseEncoder.Payload) {
        var output: [UInt8] = []
        let encoder = HTTPResponseEncoder(
            isHead: isHead, versionMinor: versionMinor, keepsAlive: keepsAlive)
        let payload = try encoder.encode(response, date: "now", into: &output)
        return (String(decoding: output, as: UTF8.self), payload)
    }

    private static let pieces = HTTPBody.pieces(HTTPPieces { () throws(HTTPError) in nil })

    @Test func `a body is announced with its length`() throws {
        let (text, payload) = try Self.encode(.text("hello"))

        #expect(
            text == "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Type: text/plain; charset=utf-8\r\n"
                + "Content-Length: 5\r\n\r\n")
        #expect(payload == .plain)
    }

    @Test func `the answer to HEAD has the length of a body that it does not have`() throws {
        let (text, payload) = try Self.encode(.text("hello"), isHead: true)

        #expect(text.contains("Content-Length: 5\r\n"))
        #expect(payload == .none)
    }

    @Test(arguments: [100, 204, 304])
    func `a status without a body has none and no length`(code: Int) throws {
        let response = HTTPResponse(status: HTTPStatus(code), body: .bytes([1, 2, 3]))

        let (text, payload) = try Self.encode(response)

        #expect(!text.contains("Content-Length"))
        #expect(payload == .none)
    }

    @Test(arguments: [(1, HTTPResponseEncoder.Payload.chunked), (0, .untilClose)])
    func `a body without a length is chunked if the client knows chunks`(
        versionMinor: Int, expected: HTTPResponseEncoder.Payload
    ) throws {
        let (text, payload) = try Self.encode(
            HTTPResponse(body: Self.pieces), versionMinor: versionMinor)

        #expect(payload == expected)
        #expect(text.contains("Transfer-Encoding: chunked\r\n") == (expected == .chunked))
        #expect(text.contains("Connection: close\r\n") == (expected == .untilClose))
    }

    @Test(
        arguments: [(1, true, nil), (1, false, "close"), (0, true, "keep-alive")]
            as [(Int, Bool, String?)])
    func `the fate of the connection is told where it is not the rule`(
        versionMinor: Int, keepsAlive: Bool, expected: String?
    ) throws {
        let (text, _) = try Self.encode(
            .text(""), versionMinor: versionMinor, keepsAlive: keepsAlive)

        let line = text.split(separator: "\r\n").first { $0.hasPrefix("Connection: ") }
        #expect(line.map(String.init) == expected.map { "Connection: \($0)" })
    }

    @Test(arguments: [
        ("A", "b\r\nSet-Cookie: x"), ("A", "b\nc"), ("A", "b\rc"), ("A", "b\0"), ("A\r\nB", "c"),
        ("A B", "c"), ("", "c"), ("A:", "c"),
    ])
    func `a field cannot become two`(name: String, value: String) {
        var response = HTTPResponse.text("")
        response.fields.append(name, value)

        let error = #expect(throws: HTTPError.self) { try Self.encode(response) }

        #expect(error?.status == .internalError)
    }

    @Test(arguments: ["Content-Length", "transfer-encoding", "Connection", "date"])
    func `a handler cannot change the framing`(name: String) throws {
        var response = HTTPResponse.text("hello")
        response.fields.append(name, "77")

        #expect(try !Self.encode(response).text.contains("77"))
    }

    @Test func `chunks carry their size and an empty one is left out`() {
        var output: [UInt8] = []

        HTTPResponseEncoder.appendChunk(Array("0123456789abcdefg".utf8), to: &output)
        HTTPResponseEncoder.appendChunk([], to: &output)

        #expect(String(decoding: output, as: UTF8.self) == "11\r\n0123456789abcdefg\r\n")
    }

    @Test(
        arguments: [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
            (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT"),
            (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
            (.max, "Fri, 31 Dec 9999 23:59:59 GMT"), (.min, "Thu, 01 Jan 1970 00:00:00 GMT"),
        ] as [(Int, String)])
    func `a date is written as RFC 9110 wants it`(seconds: Int, text: String) {
        #expect(HTTPDate.text(secondsSince1970: seconds) == text)
    }
}
