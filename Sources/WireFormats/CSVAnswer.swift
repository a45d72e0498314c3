import CSV
import JSON

/// The answer of a search as a delimited text (RFC 4180).
package enum CSVAnswer {
    /// A header with all attributes of all rows, in the order of their first occurrence, then a
    /// line for each row.
    ///
    /// Null and an absent attribute are empty fields, an empty text is a pair of quotes, and
    /// arrays and objects are JSON text.
    package static func encode(_ rows: [JSONObject]) -> [UInt8] {
        let names = attributes(of: rows)
        guard !names.isEmpty else { return [] }
        var writer = CSVWriter()
        for name in names { writer.append(text: name.utf8) }
        writer.endRow()
        for row in rows {
            let isInOrder = row.members.lazy.map(\.name).elementsEqual(names)
            for index in names.indices {
                // Rows of one search nearly always have the same attributes in the same order.
                let value = isInOrder ? row.members[index].value : row[names[index]]
                append(value ?? .null, to: &writer)
            }
            writer.endRow()
        }
        return writer.bytes
    }

    private static func attributes(of rows: [JSONObject]) -> [String] {
        var names: [String] = []
        var seen: Set<String> = []
        for row in rows {
            for member in row.members where seen.insert(member.name).inserted {
                names.append(member.name)
            }
        }
        return names
    }

    private static func append(_ value: JSONValue, to writer: inout CSVWriter) {
        switch value {
        case .null: writer.append(bare: [])
        case .bool, .integer, .number: writer.append(bare: value.encoded())
        case .string(let text): writer.append(text: text.utf8)
        case .array, .object: writer.append(text: value.encoded())
        }
    }
}
