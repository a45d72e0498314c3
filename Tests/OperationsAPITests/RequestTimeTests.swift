import JSON
import Testing

@testable import OperationsAPI

@Suite struct RequestTimeTests {
    @Test(
        arguments: [
            (1_772_359_200_000, 1_772_359_200), (0, 0), ("2026-03-01", 1_772_323_200),
            ("2026-03-01T10:00", 1_772_359_200), ("2026-03-01 10:00:00", 1_772_359_200),
            ("2026-03-01T10:00:00.500Z", 1_772_359_200.5),
            ("2026-03-01T10:00:00+01:30", 1_772_353_800),
            ("2026-03-01T10:00:00-0100", 1_772_362_800),
            ("2024-02-29", 1_709_164_800),
        ] as [(JSONValue, Double)])
    func `a time is read`(value: JSONValue, seconds: Double) throws {
        let date = try #require(RequestTime.date(value))

        #expect(abs(date.timeIntervalSince1970 - seconds) < 0.000_1)
    }

    @Test(
        arguments: [
            "", "soon", "2026-02-29", "2026-13-01", "2026-03-01T25:00", "2026-03-01T10", "26-03-01",
            "2026-03-01T10:00:00.Z", 1e300, -1e300, true, [], "2026-03-01T10:00:00Zx",
        ] as [JSONValue])
    func `what is no time is none`(value: JSONValue) {
        #expect(RequestTime.date(value) == nil)
    }
}
