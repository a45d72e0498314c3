import Testing

@testable import Measurement

@Suite struct AnswerScannerTests {
    private static let answer = "HTTP/1.1 200 OK\r\nDate: today\r\nContent-Length: 5\r\n\r\nhello"

    private func feed(_ text: String, to scanner: inout AnswerScanner) throws -> Int? {
        try scanner.feed(Array(text.utf8)[...])
    }

    @Test func `a whole answer gives its status`() throws {
        var scanner = AnswerScanner()

        #expect(try feed(Self.answer, to: &scanner) == 200)
        #expect(!scanner.isWithinAnswer)
    }

    @Test func `an answer in single bytes ends with the last one`() throws {
        var scanner = AnswerScanner()
        let ends = try Self.answer.map { try feed(String($0), to: &scanner) }

        #expect(ends.dropLast().allSatisfy { $0 == nil })
        #expect(ends.last == 200)
    }

    @Test func `the next answer of a connection is found too`() throws {
        var scanner = AnswerScanner()
        _ = try feed(Self.answer, to: &scanner)

        #expect(
            try feed("HTTP/1.1 503 Full\r\ncontent-length:0\r\n\r\n", to: &scanner) == 503)
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nhello",
        "SSH-2\r\n\r\n",
    ])
    func `what is no answer with a length is refused`(text: String) {
        var scanner = AnswerScanner()

        #expect(throws: MeasurementError.self) { try feed(text, to: &scanner) }
    }

    @Test func `a head without end is refused`() {
        var scanner = AnswerScanner()

        #expect(throws: MeasurementError.self) {
            try feed(String(repeating: "x", count: 17 << 10), to: &scanner)
        }
    }
}
