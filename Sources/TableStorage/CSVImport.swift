import CSV
import JSON

/// Records from delimited text, with the types that HarperDB gives to what stands there.
package struct CSVImport: BulkImport {
    private let target: ImportTarget

    package init(into target: ImportTarget) { self.target = target }

    /// A row that is no delimited text ends the import: half a file read in silence helps nobody.
    package func run(
        _ bytes: [UInt8],
        isAllowed: ([String]) throws(TableStorageError) -> Void, isCancelled: () -> Bool
    ) throws(TableStorageError) -> String {
        let text = CSVText.utf8(bytes)
        var reader = CSVReader(text, format: CSVFormat.detected(in: text))
        guard let header = try header(&reader) else { return Self.nothing }
        try isAllowed(header.filter { !$0.isEmpty })
        var (read, written) = (0, 0)
        while true {
            let batch = try target.store.load(
                reader, header: header, into: target.table, mode: target.mode,
                by: target.user)
            reader = batch.reader
            read += batch.readCount
            written += batch.writtenCount
            if batch.isLast { break }
            guard !isCancelled() else { throw .cancelled(written: written) }
        }
        return read == 0 ? Self.nothing : "successfully loaded \(written) of \(read) records"
    }

    private static let nothing = "No records parsed from csv file."

    /// The names of the columns; one without a name, as a comma at a line's end makes it, is left
    /// out of the records.
    private func header(_ reader: inout CSVReader) throws(TableStorageError) -> [String]? {
        guard let row = reader.next() else { return nil }
        if case .malformed(let error) = row {
            throw TableStorageError(.invalidRecord, error.message, cause: error)
        }
        let fields = reader
        let names = (0..<fields.fieldCount).map { fields.text($0) }
        let hasNames = names.contains { !$0.isEmpty }
        for name in names where !name.isEmpty || !hasNames {
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
