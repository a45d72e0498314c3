import Foundation
import HTTPCore
import JSON
import Telemetry

/// Reading the node's log.
struct LogOperations: Sendable {
    let log: LogReader

    var all: [Operation] {
        [
            Operation(
                "read_log",
                optional: [.limit, .start, .from, .to, .until, .order, .level, .logName],
                access: .superUser(name: "readLog"), run: read)
        ]
    }

    private func read(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        .array(log.entries(try Self.query(request)).map(Self.line))
    }

    /// Members may be absent, null or empty: clients of 2020 send all of them always.
    private static func query(_ request: OperationRequest) throws(HTTPError) -> LogQuery {
        var query = LogQuery()
        // Clients without a limit send 0.
        if let limit = try count("limit", request), limit > 0 { query.limit = limit }
        guard query.limit <= LogQuery.limitMax else {
            throw HTTPError(
                .badRequest, "'limit' must be less than or equal to \(LogQuery.limitMax)")
        }
        query.start = try count("start", request) ?? 0
        query.from = try time("from", request)
        query.until = try time("to", request)
        if let until = try time("until", request) { query.until = until }
        let order = try text("order", request)
        switch order {
        case nil, "asc": query.order = .oldestFirst
        case "desc": query.order = .newestFirst
        default: throw HTTPError(.badRequest, "'order' must be one of [asc, desc]")
        }
        if let name = try text("level", request) {
            guard let level = LogLevel(harperName: name) else {
                let names = LogLevel.harperNames.joined(separator: ", ")
                throw HTTPError(.badRequest, "'level' must be one of [\(names)]")
            }
            query.level = level
        }
        if let name = try text("log_name", request) { query.modules = modules(ofLog: name) }
        return query
    }

    /// HarperDB has a file for each of its parts; here they are modules of one log.
    ///
    /// - Returns: Nil for the log of the whole node.
    private static func modules(ofLog name: String) -> Set<String>? {
        let part = name.hasSuffix(".log") ? String(name.dropLast(4)) : name
        if part == "hdb" { return nil }
        if part == "custom_functions" { return ["functions"] }
        if part.hasPrefix("clustering") { return ["cluster", "publisher"] }
        return [part]
    }

    private static func line(_ entry: LogEntry) -> JSONValue {
        [
            "timestamp": .string(entry.time), "thread": .string(entry.module),
            "level": .string(entry.level.harperName),
            "tags": .array(entry.details.map { .string("\($0.name)=\($0.value)") }),
            "message": .string(entry.message),
        ]
    }
}

// MARK: Members

extension LogOperations {
    /// The member, unless it is null or empty.
    private static func value(_ name: String, _ request: OperationRequest) -> JSONValue? {
        guard let value = request.body[name], value != .null, value != "" else { return nil }
        return value
    }

    private static func text(
        _ name: String, _ request: OperationRequest
    ) throws(HTTPError) -> String? {
        guard let value = value(name, request) else { return nil }
        guard let text = value.stringValue else {
            throw HTTPError(.badRequest, "'\(name)' must be a string")
        }
        return text
    }

    private static func count(
        _ name: String, _ request: OperationRequest
    ) throws(HTTPError) -> Int? {
        guard let value = value(name, request) else { return nil }
        guard let count = value.integerValue, count >= 0 else {
            throw HTTPError(.badRequest, "'\(name)' must be a whole number of at least 0")
        }
        return count
    }

    private static func time(
        _ name: String, _ request: OperationRequest
    ) throws(HTTPError) -> Date? {
        guard let value = value(name, request) else { return nil }
        guard let time = RequestTime.date(value) else {
            throw HTTPError(
                .badRequest,
                "'\(name)' must be a date of ISO 8601 or milliseconds since 1970")
        }
        return time
    }
}
