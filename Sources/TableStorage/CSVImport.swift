import CSV
import Foundation
import JSON

/// Records from delimited text, with the types that HarperDB gives to what stands there.
package struct CSVImport {
    private let store: TableStore
    private let table: TableName
    private let mode: WriteMode

    package init(store: TableStore, table: TableName, mode: WriteMode) {
        self.store = store
        self.table = table
        self.mode = mode
    }

    /// Reads all rows and writes them in batches, each of them all or nothing.
    ///
    /// A row that is no delimited text ends the import: half a file read in silence helps nobody.
    ///
    /// - Returns: The message of a finished job.
    package func run(_ bytes: [UInt8]) throws(TableStorageError) -> String {
        let text = CSVText.utf8(bytes)
        var reader = CSVReader(text, format: CSVFormat.detected(in: text))
        guard let names = try header(&reader) else { return "No records parsed from csv file." }
        var batch: [JSONObject] = []
        var written = 0
        var read = 0
        while let record = try next(&reader, names) {
            batch.append(record)
            read += 1
            if batch.count == TableLimits.importBatchRecords {
                written += try store.write(batch, to: table, mode: mode).written.count
                batch.removeAll(keepingCapacity: true)
            }
        }
        guard read > 0 else { return "No records parsed from csv file." }
        if !batch.isEmpty {
            written += try store.write(batch, to: table, mode: mode).written.count
        }
        return "successfully loaded \(written) of \(read) records"
    }

    private func header(_ reader: inout CSVReader) throws(TableStorageError) -> [String]? {
        guard let row = reader.next() else { return nil }
        try check(row)
        let fields = reader
        let names = (0..<fields.fieldCount).map { fields.text($0) }
        for name in names {
            do throws(TableStorageError) {
                try Names.checkAttribute(name)
            } catch {
                throw TableStorageError(
                    .invalidName, "Invalid column name '\(name)', cancelling load operation",
                    cause: error)
            }
        }
        return names
    }

    private func next(
        _ reader: inout CSVReader, _ names: [String]
    ) throws(TableStorageError) -> JSONObject? {
        guard let row = reader.next() else { return nil }
        try check(row)
        var record = JSONObject()
        for (column, name) in names.enumerated() where column < reader.fieldCount {
            record[name] = CSVValue.typed(reader.text(column))
        }
        return record
    }

    private func check(_ row: CSVReader.Row) throws(TableStorageError) {
        if case .malformed(let error) = row {
            throw TableStorageError(.invalidRecord, error.message, cause: error)
        }
    }
}

/// HarperDB's reading of a field: what looks like a number, a truth value or JSON is one.
package enum CSVValue {
    package static func typed(_ text: String) -> JSONValue {
        switch text {
        case "true", "TRUE": return true
        case "false", "FALSE": return false
        case "null", "NULL", "undefined": return .null
        case "": return ""
        default: break
        }
        if let number = number(text) { return number }
        if isBracketed(text), let json = try? JSONValue(parsing: text) { return json }
        return .string(text)
    }

    /// A number unless it has a leading zero other than `0` and `0.x`, or an exponent: so ISBN
    /// `0195153448` stays text.
    private static func number(_ text: String) -> JSONValue? {
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        guard let first = digits.utf8.first, (0x30...0x39).contains(first),
            digits.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2E })
        else { return nil }
        if digits.hasPrefix("0"), digits != "0", !digits.hasPrefix("0.") { return nil }
        if let whole = Int64(text) { return .integer(whole) }
        guard let real = Double(text), real.isFinite else { return nil }
        return .number(real)
    }

    private static func isBracketed(_ text: String) -> Bool {
        text.hasPrefix("{") && text.hasSuffix("}") || text.hasPrefix("[") && text.hasSuffix("]")
    }
}
