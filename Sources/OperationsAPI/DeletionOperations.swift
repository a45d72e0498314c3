import HTTPCore
import JSON
import TableStorage

/// Deleting what is old.
struct DeletionOperations: Sendable {
    let store: TableStore
    let jobs: JobOperations

    var all: [Operation] {
        [
            Operation(
                "delete_files_before", "delete_records_before", required: [.date, .table],
                access: .superUser(name: "deleteFilesBefore"), run: deleteRecords),
            Operation(
                "delete_audit_logs_before", required: [.timestamp, .table],
                access: .superUser(name: "deleteAuditLogsBefore"), run: deleteAuditLogs),
        ]
    }

    private func deleteRecords(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let table = try knownTable(request)
        let moment = try request.moment(.date)
        return try jobs.start("delete_records_before", request) {
            cancellation throws(JobRunner.Failure) in
            let count = try working { () throws(TableStorageError) in
                try store.deleteRecords(
                    of: table, createdBefore: moment, by: request.user?.name ?? "",
                    isCancelled: { cancellation.isRequested })
            }
            guard count > 0 else { return JobRunner.Report("No records found to delete") }
            let noun = count == 1 ? "record" : "records"
            return JobRunner.Report("\(count) of \(count) \(noun) successfully deleted")
        }
    }

    private func deleteAuditLogs(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let table = try knownTable(request)
        let moment = try request.moment(.timestamp)
        return try jobs.start("delete_audit_logs_before", request) {
            _ throws(JobRunner.Failure) in
            let count = try working { () throws(TableStorageError) in
                try store.deleteAuditLog(of: table, before: moment)
            }
            return JobRunner.Report(
                "Successfully completed",
                result: ["transactions_deleted": JSONValue(count)])
        }
    }

    /// A wrong name is answered before the job starts.
    private func knownTable(_ request: OperationRequest) throws(HTTPError) -> TableName {
        let table = try request.tableName()
        _ = try storing(missing: .badRequest) { () throws(TableStorageError) in
            try store.table(table)
        }
        return table
    }
}
