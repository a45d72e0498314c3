import Foundation
import HTTPCore
import JSON
import TableStorage

/// Bulk loads, and what became of them.
struct JobOperations: Sendable {
    let store: TableStore
    let jobs: JobRunner
    /// Real paths of the folders that may be read.
    let csvFolders: [String]

    /// A file that is loaded in one piece, in bytes.
    private static let fileBytesMax = 2 << 30

    var all: [Operation] {
        [
            Operation(
                "csv_data_load", required: [.table, .data], access: .permission, run: loadText),
            Operation(
                "csv_file_load", required: [.table, .filePath], access: .permission, run: loadFile),
            Operation("get_job", required: [.id], access: .everyRole, run: job),
        ]
    }

    private func loadText(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let text = try request.text(.data)
        let load = try target(of: request)
        return try start("csv_data_load", request) { () throws(JobRunner.Failure) in
            try Self.run(load, Array(text.utf8))
        }
    }

    private func loadFile(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let path = try request.text(.filePath)
        let load = try target(of: request)
        let file = try readable(path)
        return try start("csv_file_load", request) { () throws(JobRunner.Failure) in
            guard let bytes = FileManager.default.contents(atPath: file) else {
                throw JobRunner.Failure(.string("No such file or directory \(path)"))
            }
            return try Self.run(load, [UInt8](bytes))
        }
    }

    private static func run(
        _ load: CSVImport, _ bytes: [UInt8]
    ) throws(JobRunner.Failure) -> String {
        do throws(TableStorageError) {
            return try load.run(bytes)
        } catch {
            throw JobRunner.Failure(.string(error.message))
        }
    }

    /// The table is looked up before the job starts: a wrong name is answered at once.
    private func target(of request: OperationRequest) throws(HTTPError) -> CSVImport {
        let table = try request.tableName()
        let action = request[.action]?.stringValue ?? WriteMode.insert.rawValue
        guard let mode = WriteMode(rawValue: action.isEmpty ? "insert" : action) else {
            throw HTTPError(.badRequest, "'action' must be insert, update or upsert")
        }
        _ = try storing(missing: .badRequest) { () throws(TableStorageError) in
            try store.table(table)
        }
        try request.demand(mode.actions, on: table, in: store)
        return CSVImport(store: store, table: table, mode: mode)
    }

    /// The real path of a file in one of the folders; anything else does not exist for a client.
    private func readable(_ path: String) throws(HTTPError) -> String {
        let missing = HTTPError(.badRequest, "No such file or directory \(path)")
        guard path.hasPrefix("/"), !path.contains("\0") else { throw missing }
        let real = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        guard csvFolders.contains(where: { real.hasPrefix($0 + "/") }) else { throw missing }
        let attributes = try? FileManager.default.attributesOfItem(atPath: real)
        guard attributes?[.type] as? FileAttributeType == .typeRegular,
            let size = attributes?[.size] as? Int
        else { throw missing }
        guard size <= Self.fileBytesMax else {
            throw HTTPError(
                .badRequest, "the file has \(size) bytes, the limit is \(Self.fileBytesMax)")
        }
        return real
    }

    private func start(
        _ type: String, _ request: OperationRequest,
        work: @escaping @Sendable () throws(JobRunner.Failure) -> String
    ) throws(HTTPError) -> JSONValue {
        let id = try storing(missing: .badRequest) { () throws(TableStorageError) in
            try jobs.start(type: type, user: request.user?.name ?? "", work: work)
        }
        // Clients cut the id out of the sentence: it is the fifth and last word.
        return ["message": .string("Starting job with id \(id)"), "job_id": .string(id)]
    }

    private func job(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let id = try request.text(.id)
        let job = try storing(missing: .notFound) { () throws(TableStorageError) in
            try jobs.job(id)
        }
        return .array(job.map { [.object($0)] } ?? [])
    }
}
