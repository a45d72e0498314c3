import HTTPCore
import HTTPTransport
import JSON
import TableStorage
import WireFormats

/// Results of searches as files, here or in an object store.
///
/// A super user's search runs in the job. Anybody else's runs before it, so that what the role
/// lacks is answered with 403; HarperDB lets such users export with SQL only.
struct ExportOperations: Sendable {
    let searches: SearchOperations
    let sql: SQLOperations
    let jobs: JobOperations
    let bulk: BulkAccess

    private enum Format: String, CaseIterable {
        case json, csv

        func encode(_ rows: [JSONObject]) -> [UInt8] {
            switch self {
            case .json: JSONValue.array(rows.map { .object($0) }).encoded()
            case .csv: CSVAnswer.encode(rows)
            }
        }
    }

    private typealias Rows = @Sendable () throws(HTTPError) -> [JSONObject]

    var all: [Operation] {
        [
            Operation(
                "export_local", demanded: [.path, .format, .searchOperation], optional: [.filename],
                access: .permission, run: exportLocal),
            Operation(
                "export_to_s3", demanded: [.s3, .format, .searchOperation], access: .permission,
                run: exportToS3),
        ]
    }

    private func exportLocal(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let format = try Self.format(request)
        let search = try search(request, for: "export_local")
        guard let path = request[.path]?.stringValue, !path.isEmpty else {
            throw HTTPError(.badRequest, "path missing")
        }
        let folder = try bulk.writable(path)
        let name = try bulk.filename(request[.filename]?.stringValue, format: format.rawValue)
        let rows = try rows(of: search)
        return try jobs.start("export_local", request) { _ throws(JobRunner.Failure) in
            let bytes = format.encode(try Self.run(rows))
            let file = try working { () throws(TableStorageError) in
                try ExportFile.write(bytes, to: folder, name: name)
            }
            let message = "Successfully exported \(format.rawValue.uppercased()) locally."
            return JobRunner.Report(
                message, result: ["message": .string(message), "path": .string(file)])
        }
    }

    private func exportToS3(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let s3 = try S3Access(request)
        let format = try Self.format(request)
        let search = try search(request, for: "export_to_s3")
        let location = try s3.location(key: "\(s3.key).\(format.rawValue)", in: bulk)
        let rows = try rows(of: search)
        return try jobs.start("export_to_s3", request) { _ throws(JobRunner.Failure) in
            let answer = try s3.send(.put(format.encode(try Self.run(rows))), location, bulk)
            var result: JSONObject = [
                "Bucket": .string(location.bucket), "Key": .string(location.key),
                "Location": .string(location.origin + location.path),
            ]
            result["ETag"] = answer.fields["ETag"].map { .string($0) }
            result["VersionId"] = answer.fields["x-amz-version-id"].map { .string($0) }
            return JobRunner.Report(
                "Successfully exported \(format.rawValue.uppercased()) to S3.",
                result: .object(result))
        }
    }

    private static func format(_ request: OperationRequest) throws(HTTPError) -> Format {
        guard let name = request[.format]?.stringValue, !name.isEmpty else {
            throw HTTPError(.badRequest, "format missing")
        }
        guard let format = Format(rawValue: name) else {
            throw HTTPError(
                .badRequest,
                "format invalid. must be one of the following values: json, csv")
        }
        return format
    }
}

// MARK: The search

extension ExportOperations {
    private static let operations = [
        "search_by_value", "search_by_hash", "search_by_id", "search_by_conditions", "sql",
    ]

    private func search(
        _ request: OperationRequest, for operation: String
    ) throws(HTTPError) -> OperationRequest {
        guard let body = request[.searchOperation]?.objectValue,
            let name = body["operation"]?.stringValue, !name.isEmpty
        else { throw HTTPError(.badRequest, "search_operation.operation missing") }
        guard Self.operations.contains(name) else {
            throw HTTPError(
                .badRequest,
                "search_operation.operation must be one of the following values: "
                    + Self.operations.joined(separator: ", "))
        }
        guard request.permission.isSuperUser || name == "sql" else {
            throw AccessDenial.superUsersOnly(operation)
        }
        return OperationRequest(body: body, user: request.user)
    }

    private func rows(of search: OperationRequest) throws(HTTPError) -> Rows {
        guard search.body["operation"] != "sql" else {
            let rows: Rows = { () throws(HTTPError) in try sql.rows(search) }
            guard !search.permission.isSuperUser else { return rows }
            let found = try rows()
            return { found }
        }
        guard
            let operation = searches.all.first(where: {
                $0.names.contains(search.body["operation"]?.stringValue ?? "")
            })
        else { throw HTTPError(.badRequest, "search_operation.operation missing") }
        try operation.checkRequired(search)
        return { () throws(HTTPError) in
            try operation.run(search).arrayValue?.compactMap(\.objectValue) ?? []
        }
    }

    private static func run(_ rows: Rows) throws(JobRunner.Failure) -> [JSONObject] {
        do throws(HTTPError) {
            return try rows()
        } catch {
            throw JobRunner.Failure(error)
        }
    }
}
