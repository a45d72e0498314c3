import Components
import Foundation
import HTTPCore
import JSON

/// What requests about projects hold, read and checked.
struct ProjectRequest {
    let project: ProjectName
    private let body: JSONObject

    /// - Throws: 400 with HarperDB's sentence if the project's name is not allowed.
    init(_ body: JSONObject) throws(HTTPError) {
        self.body = body
        let name = try Self.text("project", in: body)
        project = try onDisk { () throws(ComponentError) in try ProjectName(name) }
    }

    func text(_ name: String) throws(HTTPError) -> String { try Self.text(name, in: body) }

    /// A text that may be missing; null and empty texts count as missing, as old clients send them.
    func optionalText(_ name: String) throws(HTTPError) -> String? {
        guard let value = body[name], value != .null, value != "" else { return nil }
        return try Self.text(name, in: body)
    }

    func flag(_ name: String) throws(HTTPError) -> Bool {
        switch body[name] {
        case nil, .null: return false
        case .bool(let flag): return flag
        default: throw HTTPError(.badRequest, "'\(name)' must be a boolean")
        }
    }

    func path(_ name: String) throws(HTTPError) -> ProjectPath {
        let text = try text(name)
        return try onDisk { () throws(ComponentError) in try ProjectPath(text) }
    }

    func encoding() throws(HTTPError) -> FileEncoding {
        guard let name = try optionalText("encoding") else { return .utf8 }
        guard let encoding = FileEncoding(rawValue: name) else {
            let known = FileEncoding.allCases.map(\.rawValue).joined(separator: ", ")
            throw HTTPError(.badRequest, "'encoding' must be one of [\(known)]")
        }
        return encoding
    }

    /// The script that `type` and `file` name, with or without its `.js`.
    func script() throws(HTTPError) -> ProjectPath {
        let folder = try text("type")
        guard ["helpers", "routes"].contains(folder) else {
            throw HTTPError(.badRequest, "'type' must be one of [helpers, routes]")
        }
        let file = try text("file")
        let name = file.hasSuffix(".js") ? String(file.dropLast(".js".count)) : file
        guard !name.isEmpty, name.utf8.allSatisfy(ProjectName.allows) else {
            throw HTTPError(
                .badRequest,
                "File name can only contain alphanumeric, dash and underscore characters")
        }
        return try onDisk { () throws(ComponentError) in try ProjectPath("\(folder)/\(name).js") }
    }

    private static func text(_ name: String, in body: JSONObject) throws(HTTPError) -> String {
        guard let value = body[name], value != .null else {
            throw HTTPError(.badRequest, "'\(name)' is required")
        }
        guard let text = value.stringValue else {
            throw HTTPError(.badRequest, "'\(name)' must be a string")
        }
        return text
    }
}

/// Runs a piece of work on the projects and turns its failure into an answer.
func onDisk<Answer>(
    _ body: () throws(ComponentError) -> Answer
) throws(HTTPError) -> Answer {
    do throws(ComponentError) {
        return try body()
    } catch {
        let status: HTTPStatus =
            switch error.code {
            case .invalidName, .invalidPath, .invalidText, .projectNotFound, .fileNotFound,
                .projectExists, .badArchive, .limitExceeded:
                .badRequest
            case .diskFull: .insufficientStorage
            case .storageFailed: .internalError
            }
        throw HTTPError(status, error.message, cause: error)
    }
}
