import JSON
import Testing

@testable import TableStorage

@Suite struct SQLDateTests {
    @Test(arguments: [
        ("DATE_ADD('2020-1-31', 1, 'months')", #"[{"v":1582934400000}]"#),
        ("DATE_ADD(0, 90, 'minutes')", #"[{"v":5400000}]"#),
        ("DATE_SUB('2020-4-1', 3, 'years')", #"[{"v":1491004800000}]"#),
        ("DATE_SUB('2020-03-01T00:00:00.000Z', 1, 'day')", #"[{"v":1582934400000}]"#),
        ("DATE_ADD(DATE(1585407845000), 1, 'days')", #"[{"v":1585494245000}]"#),
        ("DATE_SUB('2020-03-28T09:04:05-0600', 0, 'days')", #"[{"v":1585407845000}]"#),
        ("DATE_DIFF('2020-03-29', '2020-03-28')", #"[{"v":86400000}]"#),
        ("DATE_DIFF('2020-03-29', '2020-03-27', 'days')", #"[{"v":2}]"#),
        ("DATE_DIFF('2019-01-01', '2020-01-01', 'years')", #"[{"v":-1}]"#),
        ("DATE_DIFF('2020-02-16', '2020-01-16', 'months')", #"[{"v":1}]"#),
        (
            "DATE_FORMAT(0, 'dddd D. MMMM YYYY [at] HH:mm')",
            #"[{"v":"Thursday 1. January 1970 at 00:00"}]"#
        ),
        (
            "DATE_FORMAT('2020-03-28 15:04:05', 'ddd MMM DD YY h:mm A x')",
            #"[{"v":"Sat Mar 28 20 3:04 PM 1585407845000"}]"#
        ),
        ("EXTRACT('2020-03-28', 'month')", #"[{"v":"03"}]"#),
        ("DATE(1585407845000)", #"[{"v":"2020-03-28T15:04:05.000+0000"}]"#),
        ("OFFSET_UTC(1585407845000, -6)", #"[{"v":"2020-03-28T09:04:05.000-0600"}]"#),
        ("OFFSET_UTC(1585407845000, 330)", #"[{"v":"2020-03-28T20:34:05.000+0530"}]"#),
        ("date('2020-03-28', '+1 day')", #"[{"v":"2020-03-29"}]"#),
    ])
    func `a function of dates calculates as HarperDB's does`(
        expression: String, answer: String
    ) throws {
        #expect(try SQLFixture().rows("SELECT \(expression) AS v") == answer)
    }

    @Test(arguments: [
        "DATE_ADD('no date', 1, 'days')", "DATE_ADD(0, 1, 'fortnights')", "DATE_ADD(0, 'x', 'd')",
        "DATE_ADD(0, 1e300, 'days')", "DATE_ADD(0, 1e300, 'years')", "DATE_ADD(1e300, 1, 'd')",
        "DATE_ADD(9223372036854775807, 1, 'd')", "DATE_ADD('2020-02-30', 1, 'days')",
        "DATE_DIFF(0, NULL, 'days')", "DATE_FORMAT('2020-13-01', 'YYYY')", "DATE('+020-1-1')",
        "DATE('')", "DATE('T')", "DATE('1-2-3-4')", "DATE('2020-1-1T10:00+abcd')",
        "DATE('2020-1-1T+0000')", "OFFSET_UTC(0, 1e300)", "OFFSET_UTC(0, 9999)",
        "EXTRACT(0, '')",
    ])
    func `what is no date or no unit gives null`(expression: String) throws {
        #expect(try SQLFixture().rows("SELECT \(expression) AS v") == #"[{"v":null}]"#)
    }

    @Test func `a format beyond the limit is refused with its number`() throws {
        let format = String(repeating: "Y", count: 251)

        let error = #expect(throws: TableStorageError.self) {
            try SQLFixture().rows("SELECT DATE_FORMAT(0, '\(format)')")
        }

        #expect(error?.message.contains("a format of a date has at most 250 bytes") == true)
    }

    @Test func `the clock's functions agree, with brackets and without`() throws {
        let rows = try SQLFixture().rows(
            """
            SELECT NOW() = CURRENT_TIMESTAMP AS a, GETDATE() = CURRENT_TIMESTAMP() AS b,
            CURRENT_DATE() = CURRENT_DATE AS c,
            CURRENT_TIME() = DATE_FORMAT(NOW(), 'HH:mm:ss.SSS') AS d,
            CURRENT_DATE = DATE_FORMAT(NOW(), 'YYYY-MM-DD') AS e, DATE() = DATE(NOW()) AS f
            """)

        #expect(rows == #"[{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1}]"#)
    }

    @Test func `records are written and found by their dates`() throws {
        let fixture = try SQLFixture()
        try fixture.store.createTable(TableName("dev", "time"), primaryKey: "id")

        _ = try fixture.store.run(
            sql: "INSERT INTO dev.time (id, day, moment, now) VALUES "
                + "(1, CURRENT_DATE(), CURRENT_TIMESTAMP, NOW()), (2, CURRENT_DATE(), 0, GETDATE())"
        )
        let rows = try fixture.rows(
            "SELECT id FROM dev.time WHERE DATE_DIFF(now, moment, 'days') > 3 AND now <= NOW()")

        #expect(rows == #"[{"id":2}]"#)
    }
}
