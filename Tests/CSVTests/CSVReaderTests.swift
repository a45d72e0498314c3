import CSV
import Testing

@Suite struct CSVReaderTests {
    private static func rows(
        _ text: String, format: CSVFormat = .standard, limits: CSVLimits = CSVLimits()
    ) -> [[String]] {
        var reader = CSVReader(Array(text.utf8), format: format, limits: limits)
        var rows: [[String]] = []
        while let row = reader.next() {
            switch row {
            case .row: rows.append((0..<reader.fieldCount).map { reader.text($0) })
            case .malformed(let error): rows.append(["line \(error.line): \(error.code)"])
            }
        }
        return rows
    }

    @Test(arguments: [
        ("a,b\nc,d\n", [["a", "b"], ["c", "d"]]),
        ("a,b\r\nc,d", [["a", "b"], ["c", "d"]]),
        ("a,\n,b\n,\n", [["a", ""], ["", "b"], ["", ""]]),
        ("\n\r\na\n\n", [["a"]]),
        ("\"a,b\",\"c\"\"d\"\n", [["a,b", "c\"d"]]),
        ("\"a\nb\",c\n", [["a\nb", "c"]]),
        ("\"\",x", [["", "x"]]),
        ("\u{FEFF}isbn,title", [["isbn", "title"]]),
        ("a\"b,c", [["a\"b", "c"]]),
        ("", []), ("\n", []),
    ])
    func `rows are read as RFC 4180 says`(text: String, rows: [[String]]) {
        #expect(Self.rows(text) == rows)
    }

    @Test func `the older Book-Crossing form has semicolons and backslashes`() {
        let rows = Self.rows(
            #""0195153448";"The \"Best\" of \\ &amp; more";"2002""# + "\r\n", format: .semicolons)

        #expect(rows == [["0195153448", #"The "Best" of \ &amp; more"#, "2002"]])
    }

    @Test func `a malformed row is named and costs only its first line`() {
        let rows = Self.rows("a,b\n\"x\"y,1\nc,d\n\"open,1\ne,f\n")

        #expect(
            rows == [
                ["a", "b"], ["line 2: textAfterQuote"], ["c", "d"], ["line 4: quoteNotClosed"],
                ["e", "f"],
            ])
    }

    @Test func `a field is empty that has nothing or is not there`() {
        var reader = CSVReader(Array("a,,\"\"\n".utf8))
        _ = reader.next()

        #expect((0..<4).map { reader.isEmpty($0) } == [false, true, true, true])
    }

    @Test func `a quoted line end counts as a line`() {
        #expect(Self.rows("\"a\nb\"\n\"x\"y\n").last == ["line 3: textAfterQuote"])
    }

    @Test func `fields are counted and measured up to their limits`() {
        let limits = CSVLimits(fieldBytesMax: 3, fieldCountMax: 2)

        #expect(Self.rows("abc,d\n", limits: limits) == [["abc", "d"]])
        #expect(Self.rows("abcd,d\n", limits: limits) == [["line 1: fieldTooLong"]])
        #expect(Self.rows("a,b,c\n", limits: limits) == [["line 1: tooManyFields"]])
    }

    @Test(arguments: [
        ("0", 0), ("-7", -7), ("9223372036854775807", Int.max), ("9223372036854775808", nil),
        ("", nil), ("-", nil), ("1.0", nil), (" 1", nil), ("1e3", nil),
    ])
    func `a field is a whole number or none`(text: String, value: Int?) {
        var reader = CSVReader(Array("\(text),x".utf8))

        _ = reader.next()

        #expect(reader.integer(0) == value)
    }

    @Test(arguments: [
        ("a,b", CSVFormat.standard), ("a;b;c,d", .semicolons), ("a\tb", .tabs),
        ("\"a;b;c\",d", .standard), ("single", .standard),
    ])
    func `the format is found in the first line`(text: String, format: CSVFormat) {
        #expect(CSVFormat.detected(in: Array(text.utf8)) == format)
    }

    @Test func `Latin-1 becomes UTF-8 and UTF-8 stays`() {
        #expect(CSVText.utf8([0x52, 0x6F, 0xE9]) == Array("Roé".utf8))
        #expect(CSVText.utf8(Array("Roé".utf8)) == Array("Roé".utf8))
    }
}
