import JSON
import Testing

@testable import TableStorage

/// A store with dogs, their owners in another database, and a table of values of every type.
///
/// | dev.dog | id | name | age | owner | good |
/// |---|---|---|---|---|---|
/// | | 1 | Penny | 5 | 10 | true |
/// | | 2 | Alby | 7 | 11 | false |
/// | | 3 | Kato | 7 | 10 | - |
/// | | "x" | Mutt | - | - | true |
///
/// | other.owner | id | name |
/// |---|---|---|
/// | | 10 | Ann |
/// | | 11 | Bob |
struct SQLFixture {
    static let owner = TableName("other", "owner")
    let fixture: StoreFixture
    var store: TableStore { fixture.store }

    init() throws {
        fixture = try StoreFixture()
        try fixture.insert(
            ["id": 1, "name": "Penny", "age": 5, "owner": 10, "good": true],
            ["id": 2, "name": "Alby", "age": 7, "owner": 11, "good": false],
            ["id": 3, "name": "Kato", "age": 7, "owner": 10],
            ["id": "x", "name": "Mutt", "good": true])
        try store.createTable(Self.owner, primaryKey: "id", makesDatabase: true)
        _ = try store.write(
            [["id": 10, "name": "Ann"], ["id": 11, "name": "Bob"]], to: Self.owner, mode: .insert)
    }

    /// The answer of a SELECT as JSON text.
    func rows(_ sql: String, access: SQLAccess = .everything) throws -> String {
        guard case .rows(let rows) = try store.run(sql: sql, access: access) else {
            Issue.record("\(sql) is no SELECT")
            return ""
        }
        return JSONValue.array(rows.map { .object($0) }).text
    }

    /// What a write did, as `verb [written] [skipped] of count`.
    func written(_ sql: String, access: SQLAccess = .everything) throws -> String {
        guard
            case .written(let verb, let result, let count) = try store.run(
                sql: sql, access: access)
        else {
            Issue.record("\(sql) is no write")
            return ""
        }
        let (written, skipped) = (JSONValue.array(result.written), JSONValue.array(result.skipped))
        return "\(verb) \(written.text) \(skipped.text) of \(count)"
    }

    /// The error with which a statement must fail.
    func refusal(_ sql: String, access: SQLAccess = .everything) -> TableStorageError? {
        #expect(throws: TableStorageError.self, "\(sql)") {
            try store.run(sql: sql, access: access)
        }
    }

    /// Everything that both tables hold.
    func everything() throws -> String {
        try rows("SELECT * FROM dev.dog ORDER BY id")
            + rows("SELECT * FROM other.owner ORDER BY id")
    }
}
