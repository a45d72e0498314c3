import JSON
import SQLite

/// Which result columns an answer has, and under which keys.
///
/// 1. Attributes have their own names, whatever SQLite calls their columns.
/// 2. Attributes that the asker may not read and did not name are left out.
/// 3. A column named beside a star comes once, as HarperDB answers `SELECT name, *`.
/// 4. Clashing keys get a number: `id`, `id1`.
struct SQLColumns {
    private let columns: [(index: Int, key: String)]

    init(_ statement: SQLiteStatement, of text: SQLText, watch: SQLGuard) {
        let all = 0..<statement.columnCount
        let names = Set(all.map { statement.columnName($0) })
        var doubled = Self.namedBesideStar(text, count: all.count)
        var taken: Set<String> = []
        var columns: [(index: Int, key: String)] = []
        for index in all {
            let origin = statement.origin(index)
            let column = Self.withoutNumber(statement.columnName(index), among: names)
            guard origin != nil || !watch.hiddenColumns.contains(column.lowercased()) else {
                continue
            }
            let attribute = origin.flatMap { origin in
                column == origin.column
                    ? watch.table(origin.database, origin.table)?.schema
                        .attribute(ofColumn: column) : nil
            }
            let plain = attribute ?? column
            if doubled.range.contains(index), doubled.names.remove(plain) != nil { continue }
            columns.append((index, Self.free(plain, &taken)))
        }
        self.columns = columns
    }

    /// The row at which the statement stands; nil if the asker may see none of its columns.
    func record(_ statement: SQLiteStatement) -> JSONObject? {
        guard !columns.isEmpty else { return nil }
        return JSONObject(
            columns.map { ($0.key, StoredValue.decode(statement.column($0.index))) })
    }

    private static func free(_ plain: String, _ taken: inout Set<String>) -> String {
        var (key, number) = (plain, 1)
        while !taken.insert(key).inserted {
            key = "\(plain)\(number)"
            number += 1
        }
        return key
    }

    /// SQLite numbers the columns of a subquery that clash, with a colon.
    private static func withoutNumber(_ name: String, among names: Set<String>) -> String {
        guard let colon = name.lastIndex(of: ":"), Int(name[name.index(after: colon)...]) != nil,
            names.contains(String(name[..<colon]))
        else { return name }
        return String(name[..<colon])
    }

    /// Where a lone star's columns are, and what is named beside it.
    private static func namedBesideStar(
        _ text: SQLText, count: Int
    ) -> (range: Range<Int>, names: Set<String>) {
        let items = text.selectItems
        guard let star = items.firstIndex(where: \.isStar),
            items.count(where: { $0.tokens.last?.isMark("*") == true }) == 1
        else { return (0..<0, []) }
        let end = count - (items.count - 1 - star)
        return (star..<max(star, end), Set(items.compactMap(\.column)))
    }
}

extension SQLText {
    /// What the outermost SELECT lists.
    fileprivate var selectItems: [SQLSelectItem] {
        guard let select = outermost(from: 0, { $0.isWord("SELECT") }) else { return [] }
        var start = select + 1
        if start < tokens.count, tokens[start].isOneOf(["DISTINCT", "ALL"]) { start += 1 }
        var items: [SQLSelectItem] = []
        while let end = outermost(from: start, { $0.isMark(",") || $0.isWord("FROM") }) {
            items.append(SQLSelectItem(tokens: tokens[start..<end]))
            start = end + 1
            if tokens[end].isWord("FROM") { return items }
        }
        return items
    }

    private func outermost(from start: Int, _ isWanted: (SQLToken) -> Bool) -> Int? {
        var depth = 0
        for index in tokens.indices.dropFirst(start) {
            if tokens[index].isMark("(") { depth += 1 }
            if tokens[index].isMark(")") { depth -= 1 }
            if depth == 0, isWanted(tokens[index]) { return index }
        }
        return nil
    }
}
