import CSV
import JSON

/// Any file of records, delimited text or a JSON array of objects, whose columns are known by name.
package enum RecordFile {
    /// A column under any of several names; `User-ID`, `user_id` and `userid` are one name.
    package struct Column: Sendable {
        package var names: [String]
        package var isRequired: Bool

        package init(_ names: [String], isRequired: Bool = true) {
            self.names = names
            self.isRequired = isRequired
        }
    }

    /// The fields of these columns, row by row; a field that is not there is empty.
    ///
    /// Rows that are no delimited text are passed over and counted.
    ///
    /// - Parameter path: `.json`, or delimited text; either may end in `.gz`.
    /// - Throws: as for a data set; `.missingColumn` lists the columns that are there.
    package static func read(
        _ path: String, columns: [Column]
    ) throws(DatasetError) -> (rows: [[String]], malformed: Int) {
        path.hasSuffix(".json") || path.hasSuffix(".json.gz")
            ? (try objects(in: path, columns), 0) : try delimited(path, columns)
    }

    private static func delimited(
        _ path: String, _ columns: [Column]
    ) throws(DatasetError) -> (rows: [[String]], malformed: Int) {
        var table = try DatasetTable(path)
        var places: [Int?] = []
        for column in columns {
            places.append(
                column.isRequired
                    ? try table.column(column.names) : table.optionalColumn(column.names))
        }
        var rows: [[String]] = []
        var malformed = 0
        while let row = table.next() {
            guard row == .row else {
                malformed += 1
                continue
            }
            let fieldCount = table.reader.fieldCount
            rows.append(
                places.map { place in
                    place.flatMap { $0 < fieldCount ? table.reader.text($0) : nil } ?? ""
                })
        }
        return (rows, malformed)
    }

    private static func objects(
        in path: String, _ columns: [Column]
    ) throws(DatasetError) -> [[String]] {
        let bytes = try DatasetFile.read(path)
        let root: JSONValue
        do throws(JSONError) {
            root = try JSONValue(parsing: bytes)
        } catch {
            throw DatasetError(.unreadable, "\(path): \(error.message)")
        }
        guard let records = root.arrayValue, let first = records.first else {
            throw DatasetError(.empty, "\(path) is no JSON array with records")
        }
        let present = (first.objectValue?.names ?? []).map { (plain: plain($0), name: $0) }
        var names: [String?] = []
        for column in columns {
            let name = column.names.lazy.compactMap { wanted in
                present.first { $0.plain == plain(wanted) }?.name
            }.first
            guard name != nil || !column.isRequired else {
                throw DatasetError(
                    .missingColumn,
                    "\(path) has no member \(column.names.joined(separator: " or ")); it has "
                        + present.map(\.name).joined(separator: ", "))
            }
            names.append(name)
        }
        return records.map { record in
            names.map { name in name.flatMap { record[$0] }.map(text) ?? "" }
        }
    }

    private static func text(_ value: JSONValue) -> String {
        switch value {
        case .null: ""
        case .string(let text): text
        default: value.text
        }
    }

    private static func plain(_ name: String) -> String {
        String(name.lowercased().filter { $0.isLetter || $0.isNumber })
    }
}
