import JSON
import Testing

@testable import TableStorage

@Suite struct ISODateTests {
    private static func milliseconds(_ text: String) -> Int64? {
        var text = text
        return text.withUTF8 { ISODate.milliseconds($0) }
    }

    @Test(
        arguments: [
            ("1970-01-01T00:00Z", 0), ("1969-12-31T00:00Z", -86_400_000),
            ("2000-02-29T00:00Z", 951_782_400_000), ("0000-01-01T00:00Z", -62_167_219_200_000),
            ("9999-12-31T00:00Z", 253_402_214_400_000),
            ("2012-03-09T01:00+01:00", 1_331_251_200_000), ("2012-03-09T00:00Z", 1_331_251_200_000),
            ("2012-03-08T23:59:59.9999Z", 1_331_251_199_999),
            ("2012-03-08T20:00:00-04:00", 1_331_251_200_000),
        ] as [(String, Int64)])
    func `a date with time and zone is a moment`(text: String, milliseconds: Int64) {
        #expect(Self.milliseconds(text) == milliseconds)
    }

    @Test(arguments: [
        "", "2012-03-09", "2012-3-09T00:00:00Z", "2012-13-01T00:00Z", "2012-00-01T00:00Z",
        "2012-02-30T00:00Z", "1900-02-29T00:00Z",
        "2012-03-09T", "2012-03-09T24:00Z", "2012-03-09T00:60Z", "2012-03-09T00:00:60Z",
        "2012-03-09T00:00:00.Z", "2012-03-09T00:00", "2012-03-09 00:00Z", "2012-03-09T00:00Zx",
        "2012-03-09T00:00+1:00", "2012-03-09T00:00+24:00", "yesterday",
    ])
    func `what no calendar has is no moment`(text: String) {
        #expect(Self.milliseconds(text) == nil)
    }

    @Test(arguments: [
        ("2012-03-09T01:00+01:00", "2012-03-09T00:00:00.000Z"),
        ("2012-03-09T23:30:05.25-01:00", "2012-03-10T00:30:05.250Z"),
        ("0000-01-01T00:00Z", "0000-01-01T00:00:00.000Z"),
        ("2012-03-09", "2012-03-09"), ("2012-02-30T00:00Z", "2012-02-30T00:00Z"),
        ("2012-03-09T00:00:00", "2012-03-09T00:00:00"),
    ])
    func `a field with date, time and zone becomes UTC with milliseconds`(
        field: String, text: String
    ) {
        #expect(CSVValue.typed(field) == .string(text))
    }
}
