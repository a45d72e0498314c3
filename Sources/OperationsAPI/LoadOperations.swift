import Foundation
import HTTPCore
import HTTPTransport
import JSON
import ObjectStorage
import TableStorage

/// Bulk loads into a table, out of a request, a file, an address or an object store.
struct LoadOperations: Sendable {
    let store: TableStore
    let jobs: JobOperations
    let bulk: BulkAccess

    /// What is loaded and by whom.
    struct Target: Sendable {
        let request: OperationRequest
        let table: TableName
        let mode: WriteMode
    }

    private static let passthroughHeadersMax = 32
    /// What the client of the node itself says about a request.
    private static let ownHeaders: Set<String> = [
        "connection", "content-length", "expect", "host", "te", "trailer", "transfer-encoding",
        "upgrade",
    ]
    private static let mediaTypes: Set<String> = [
        "text/csv", "application/octet-stream", "text/plain", "application/vnd.ms-excel",
    ]

    var all: [Operation] {
        [
            Operation(
                "csv_data_load", required: [.table, .data], optional: [.action],
                access: .permission, run: loadText),
            Operation(
                "csv_file_load", required: [.table, .filePath], optional: [.action],
                access: .permission, run: loadFile),
            Operation(
                "csv_url_load", required: [.table, .csvURL],
                optional: [.action, .passthroughHeaders], access: .permission, run: loadURL),
            Operation(
                "import_from_s3", required: [.table, .s3], optional: [.action], access: .permission,
                run: loadObject),
        ]
    }

    private func loadText(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let text = try request.text(.data)
        let target = try target(of: request)
        return try jobs.start("csv_data_load", request) {
            cancellation throws(JobRunner.Failure) in
            try load(Array(text.utf8), as: CSVImport.self, into: target, cancellation)
        }
    }

    private func loadFile(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let path = try request.text(.filePath)
        let target = try target(of: request)
        let file = try bulk.readable(path)
        return try jobs.start("csv_file_load", request) {
            cancellation throws(JobRunner.Failure) in
            guard let bytes = FileManager.default.contents(atPath: file) else {
                throw JobRunner.Failure(.string("No such file or directory \(path)"))
            }
            return try load([UInt8](bytes), as: CSVImport.self, into: target, cancellation)
        }
    }

    /// The table and the rights to it are looked at before the job starts, so that a wrong name is
    /// answered at once; the attributes are known when the text is read.
    private func target(of request: OperationRequest) throws(HTTPError) -> Target {
        let table = try request.tableName()
        let action = request[.action]?.stringValue ?? WriteMode.insert.rawValue
        guard let mode = WriteMode(rawValue: action.isEmpty ? "insert" : action) else {
            throw HTTPError(.badRequest, "'action' must be insert, update or upsert")
        }
        _ = try storing(missing: .badRequest) { () throws(TableStorageError) in
            try store.table(table)
        }
        try request.demand(mode.actions, on: table, in: store)
        return Target(request: request, table: table, mode: mode)
    }

    private func check(
        _ attributes: [String], of target: Target
    ) throws(TableStorageError) {
        let record = JSONObject(attributes.map { ($0, .null) })
        do throws(HTTPError) {
            try target.request.demandWrite(
                target.mode.actions, of: [record], to: target.table, in: store)
        } catch {
            throw TableStorageError(.denied, error.message, cause: error)
        }
    }

    private func load(
        _ bytes: [UInt8], as form: any BulkImport.Type, into target: Target,
        _ cancellation: JobRunner.Cancellation
    ) throws(JobRunner.Failure) -> JobRunner.Report {
        let load = form.init(
            into: ImportTarget(
                store: store, table: target.table, mode: target.mode,
                user: target.request.user?.name ?? ""))
        return try working { () throws(TableStorageError) in
            JobRunner.Report(
                try load.run(
                    bytes,
                    isAllowed: { names throws(TableStorageError) in
                        try check(names, of: target)
                    },
                    isCancelled: { cancellation.isRequested }))
        }
    }
}

// MARK: From other hosts

extension LoadOperations {
    private func loadURL(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let url = try request.text(.csvURL)
        let target = try target(of: request)
        _ = try bulk.allowed(url)
        let fields = try Self.headers(request[.passthroughHeaders])
        return try jobs.start("csv_url_load", request) {
            cancellation throws(JobRunner.Failure) in
            let answer = try Self.download(HTTPClientRequest(.get, url, fields: fields), bulk)
            guard answer.status == .ok else {
                throw JobRunner.Failure(
                    .string(
                        "CSV Load failed from URL: \(url), status code: \(answer.status.code), "
                            + "message: \(answer.status.phrase)"))
            }
            let type = answer.fields.mediaType ?? ""
            guard Self.mediaTypes.contains(type) else {
                throw JobRunner.Failure(
                    .string(
                        "CSV Load failed from URL: \(url), unsupported content type: \(type)"))
            }
            return try load(answer.body, as: CSVImport.self, into: target, cancellation)
        }
    }

    private static func headers(_ value: JSONValue?) throws(HTTPError) -> HTTPFields {
        guard let value, value != .null else { return HTTPFields() }
        guard let members = value.objectValue?.members, members.count <= passthroughHeadersMax
        else {
            throw HTTPError(
                .badRequest,
                "'passthrough_headers' must be an object of at most \(passthroughHeadersMax) "
                    + "fields")
        }
        var fields = HTTPFields()
        for (name, value) in members {
            guard let text = value.stringValue, !ownHeaders.contains(name.lowercased()) else {
                throw HTTPError(
                    .badRequest,
                    "'passthrough_headers' holds texts, and none of "
                        + ownHeaders.sorted().joined(separator: ", "))
            }
            fields[name] = text
        }
        return fields
    }

    private func loadObject(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let target = try target(of: request)
        let s3 = try S3Access(request)
        let isJSON = s3.key.hasSuffix(".json")
        guard isJSON || s3.key.hasSuffix(".csv") else {
            throw HTTPError(
                .badRequest,
                "S3 key must include one of the following valid file extensions - '.csv', '.json'")
        }
        let location = try s3.location(key: s3.key, in: bulk)
        return try jobs.start("import_from_s3", request) {
            cancellation throws(JobRunner.Failure) in
            let answer = try s3.send(.get, location, bulk)
            let form: any BulkImport.Type = isJSON ? JSONImport.self : CSVImport.self
            return try load(answer.body, as: form, into: target, cancellation)
        }
    }

    /// Sends a request whose answer is loaded or read; redirects are answers like others, so
    /// nobody is led to a host that was not allowed.
    static func download(
        _ request: HTTPClientRequest, _ bulk: BulkAccess
    ) throws(JobRunner.Failure) -> HTTPClientResponse {
        do throws(HTTPClientError) {
            return try bulk.send(request, BulkAccess.downloadBytesMax)
        } catch {
            throw JobRunner.Failure(
                .string("Error downloading file from \(request.url): \(error.message)"))
        }
    }
}
