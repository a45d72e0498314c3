import CSV
import JSON

/// Records from delimited text, with the types that HarperDB gives to what stands there.
package struct CSVImport {
    private let store: TableStore
    private let table: TableName
    private let mode: WriteMode
    private let user: String

    package init(store: TableStore, table: TableName, mode: WriteMode, user: String = "") {
        self.store = store
        self.table = table
        self.mode = mode
        self.user = user
    }

    /// Reads all rows and writes them in batches, each of them all or nothing.
    ///
    /// A row that is no delimited text ends the import: half a file read in silence helps nobody.
    ///
    /// - Parameters:
    ///   - isAllowed: Asked with the columns' names before anything is written.
    ///   - isCancelled: Asked after each batch.
    /// - Returns: The message of a finished job.
    package func run(
        _ bytes: [UInt8],
        isAllowed: ([String]) throws(TableStorageError) -> Void = { _ in },
        isCancelled: () -> Bool = { false }
    ) throws(TableStorageError) -> String {
        let text = CSVText.utf8(bytes)
        var reader = CSVReader(text, format: CSVFormat.detected(in: text))
        guard let header = try header(&reader) else { return Self.nothing }
        try isAllowed(header)
        var (read, written) = (0, 0)
        while true {
            let batch = try store.load(
                reader, header: header, into: table, mode: mode, by: user)
            reader = batch.reader
            read += batch.readCount
            written += batch.writtenCount
            if batch.isLast { break }
            guard !isCancelled() else { throw .cancelled(written: written) }
        }
        return read == 0 ? Self.nothing : "successfully loaded \(written) of \(read) records"
    }

    private static let nothing = "No records parsed from csv file."

    private func header(_ reader: inout CSVReader) throws(TableStorageError) -> [String]? {
        guard let row = reader.next() else { return nil }
        if case .malformed(let error) = row {
            throw TableStorageError(.invalidRecord, error.message, cause: error)
        }
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
}

/// Records from a JSON array of objects.
package struct JSONImport {
    private let store: TableStore
    private let table: TableName
    private let mode: WriteMode
    private let user: String

    package init(store: TableStore, table: TableName, mode: WriteMode, user: String = "") {
        self.store = store
        self.table = table
        self.mode = mode
        self.user = user
    }

    /// Writes the records in batches, each of them all or nothing; see ``CSVImport``.
    package func run(
        _ bytes: [UInt8],
        isAllowed: ([String]) throws(TableStorageError) -> Void = { _ in },
        isCancelled: () -> Bool = { false }
    ) throws(TableStorageError) -> String {
        let records = try records(bytes)
        var names: Set<String> = []
        for record in records { names.formUnion(record.names) }
        try isAllowed(names.sorted())
        var (start, written) = (0, 0)
        while start < records.count {
            let end = min(start + TableLimits.importBatchRecords, records.count)
            written += try store.write(
                Array(records[start..<end]), to: table, mode: mode, by: user, isBulk: true
            ).written.count
            start = end
            guard start == records.count || !isCancelled() else {
                throw .cancelled(written: written)
            }
        }
        return "successfully loaded \(written) of \(records.count) records"
    }

    private func records(_ bytes: [UInt8]) throws(TableStorageError) -> [JSONObject] {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue(parsing: bytes)
        } catch {
            throw TableStorageError(.invalidRecord, "the file is no JSON", cause: error)
        }
        let elements = value.arrayValue ?? [value]
        let records = elements.compactMap(\.objectValue)
        guard records.count == elements.count else {
            throw TableStorageError(.invalidRecord, "the file must hold an array of objects")
        }
        return records
    }
}

extension TableStorageError {
    static func cancelled(written: Int) -> TableStorageError {
        TableStorageError(
            .cancelled, "the node stopped during this load; \(written) records were written")
    }
}
