import JSON

/// Records from a JSON array of objects.
package struct JSONImport: BulkImport {
    private let target: ImportTarget

    package init(into target: ImportTarget) { self.target = target }

    package func run(
        _ bytes: [UInt8],
        isAllowed: ([String]) throws(TableStorageError) -> Void, isCancelled: () -> Bool
    ) throws(TableStorageError) -> String {
        let records = try records(bytes)
        var names: Set<String> = []
        for record in records { names.formUnion(record.names) }
        try isAllowed(names.sorted())
        var (start, written) = (0, 0)
        while start < records.count {
            let end = min(start + TableLimits.importBatchRecords, records.count)
            written += try target.store.write(
                Array(records[start..<end]), to: target.table, mode: target.mode, by: target.user,
                isBulk: true
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
