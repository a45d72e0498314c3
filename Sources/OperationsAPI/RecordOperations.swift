import HTTPCore
import JSON
import TableStorage

/// Writing and deleting records.
struct RecordOperations: Sendable {
    let store: TableStore

    var all: [Operation] {
        [
            Operation("insert", required: [.table, .records], access: .permission) {
                request throws(HTTPError) in
                let (result, count) = try write(request, .insert)
                return Self.inserted(result, count: count)
            },
            Operation("update", required: [.table, .records], access: .permission) {
                request throws(HTTPError) in
                let (result, count) = try write(request, .update)
                return Self.updated(result, count: count)
            },
            Operation("upsert", required: [.table, .records], access: .permission) {
                request throws(HTTPError) in
                let (result, count) = try write(request, .upsert)
                return [
                    "message": .string("upserted \(result.written.count) of \(count) records"),
                    "upserted_hashes": .array(result.written),
                ]
            },
            Operation("delete", required: [.table, .ids], access: .permission, run: delete),
        ]
    }

    private func write(
        _ request: OperationRequest, _ mode: WriteMode
    ) throws(HTTPError) -> (WriteResult, count: Int) {
        let table = try request.tableName()
        guard let list = request[.records]?.arrayValue else {
            throw HTTPError(.badRequest, "'records' must be an array")
        }
        let records = list.compactMap(\.objectValue)
        guard records.count == list.count else {
            throw HTTPError(.badRequest, "'records' must hold objects")
        }
        try request.demandWrite(mode.actions, of: records, to: table, in: store)
        let result = try storing(missing: .badRequest) { () throws(TableStorageError) in
            try store.write(records, to: table, mode: mode, by: request.user?.name ?? "")
        }
        return (result, records.count)
    }

    private func delete(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let table = try request.tableName()
        let keys = try request.keys()
        try request.demand([.delete], on: table, in: store)
        let result = try storing(missing: .notFound) { () throws(TableStorageError) in
            try store.delete(keys: keys, from: table, by: request.user?.name ?? "")
        }
        return Self.deleted(result, count: keys.count)
    }
}

// MARK: Answers

extension RecordOperations {
    static func inserted(_ result: WriteResult, count: Int) -> JSONValue {
        [
            "message": .string("inserted \(result.written.count) of \(count) records"),
            "inserted_hashes": .array(result.written),
            "skipped_hashes": .array(result.skipped),
        ]
    }

    static func updated(_ result: WriteResult, count: Int) -> JSONValue {
        [
            "message": .string("updated \(result.written.count) of \(count) records"),
            "update_hashes": .array(result.written),
            "skipped_hashes": .array(result.skipped),
        ]
    }

    static func deleted(_ result: WriteResult, count: Int) -> JSONValue {
        let noun = count == 1 ? "record" : "records"
        return [
            "message": .string(
                "\(result.written.count) of \(count) \(noun) successfully deleted"),
            "deleted_hashes": .array(result.written),
            "skipped_hashes": .array(result.skipped),
        ]
    }
}

extension WriteMode {
    /// What a role needs for it.
    var actions: [TableAction] {
        switch self {
        case .insert: [.insert]
        case .update: [.update]
        case .upsert: [.insert, .update]
        }
    }
}
