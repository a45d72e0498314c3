import JSON
import Testing

@testable import OperationsAPI

@Suite struct LogOperationsTests {
    /// Ten lines, a second apart; the last is a warning of the functions.
    private static func fixture() throws -> OperationsFixture {
        let fixture = try OperationsFixture()
        for number in 0..<9 { fixture.node.log("\(number)", after: Double(number)) }
        fixture.node.log(
            "9", after: 9, level: .warning, module: "functions", details: [("code", "slow")])
        return fixture
    }

    private static func messages(_ members: JSONObject) throws -> [String] {
        var request = members
        request["operation"] = "read_log"
        let answer = try fixture().ask(.object(request))
        #expect(answer.status == 200, "\(answer)")
        return answer.body.arrayValue?.compactMap { $0["message"]?.stringValue } ?? []
    }

    @Test func `a line has HarperDB's members`() throws {
        let lines = try Self.fixture().ask(["operation": "read_log", "order": "desc"]).body

        #expect(
            lines.arrayValue?.first == [
                "timestamp": "2026-03-01T10:00:09.000Z", "thread": "functions", "level": "warn",
                "tags": ["code=slow"], "message": "9",
            ])
    }

    @Test func `the Python SDK sends every member, without dates as null`() throws {
        let messages = try Self.messages([
            "limit": 1_000, "start": 0, "from": nil, "until": nil, "order": "desc",
        ])

        #expect(messages == (0..<10).reversed().map(String.init))
    }

    @Test func `empty members of the Go SDK count as absent`() throws {
        let messages = try Self.messages([
            "limit": 0, "start": "", "from": "", "until": "", "order": "", "level": "",
        ])

        #expect(messages.count == 10)
    }

    @Test(
        arguments: [
            (["limit": 2, "start": 1, "order": "asc"], ["1", "2"]),
            (["limit": 2, "start": 1, "order": "desc"], ["8", "7"]),
            (["level": "warn"], ["9"]), (["level": "fatal"], []),
            (["log_name": "custom_functions.log"], ["9"]), (["log_name": "functions"], ["9"]),
            (["log_name": "install.log"], []), (["log_name": "../../etc/passwd"], []),
            (["log_name": "hdb.log", "limit": 1], ["0"]),
            (["from": "2026-03-01T10:00:08Z"], ["8", "9"]),
            (["from": 1_772_359_208_000, "until": 1_772_359_208_500], ["8"]),
            (["from": "2026-03-01T11:00:08.000+0100", "to": "2026-03-01T10:00:08"], ["8"]),
            (["until": "2026-02-28"], []),
        ] as [(JSONObject, [String])])
    func `lines are chosen`(members: JSONObject, expected: [String]) throws {
        #expect(try Self.messages(members) == expected)
    }

    @Test(
        arguments: [
            (["limit": 10_001], "'limit' must be less than or equal to 10000"),
            (["limit": -1], "'limit' must be a whole number of at least 0"),
            (["start": -1], "'start' must be a whole number of at least 0"),
            (["order": "up"], "'order' must be one of [asc, desc]"),
            (
                ["level": "loud"],
                "'level' must be one of [notify, fatal, error, warn, info, debug, trace]"
            ),
            (["level": 1], "'level' must be a string"),
            (["log_name": []], "'log_name' must be a string"),
            (["from": "yesterday"], "'from' must be a date of ISO 8601 or milliseconds since 1970"),
            (
                ["until": "2026-02-30"],
                "'until' must be a date of ISO 8601 or milliseconds since 1970"
            ),
            (["from": 1e300], "'from' must be a date of ISO 8601 or milliseconds since 1970"),
            (["to": true], "'to' must be a date of ISO 8601 or milliseconds since 1970"),
        ] as [(JSONObject, String)])
    func `a malformed member is refused`(members: JSONObject, sentence: String) throws {
        var request = members
        request["operation"] = "read_log"

        try OperationsFixture().expectError(400, sentence, .object(request))
    }

    @Test func `the largest limit is accepted`() throws {
        #expect(try Self.messages(["limit": 10_000]).count == 10)
    }

    @Test func `a thousand lines are answered if nobody says how many`() throws {
        let fixture = try OperationsFixture()
        for number in 0...1_000 { fixture.node.log("\(number)", after: Double(number)) }

        let lines = try fixture.ask(["operation": "read_log"]).body.arrayValue

        #expect(lines?.count == 1_000)
    }
}
