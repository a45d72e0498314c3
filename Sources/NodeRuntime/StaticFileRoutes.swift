import Components
import HTTPCore
import Synchronization

/// `GET /<project>/static/...` on the function port: the files of a project's `static` folder.
///
/// Anybody may read them, as with HarperDB; what begins with a dot is not served. A file goes out
/// piece by piece from the open file, so that a deployment cannot change it half way.
struct StaticFileRoutes: Sendable {
    let components: ComponentStore

    static let folder = "static"

    var routes: [HTTPRoute] {
        [
            HTTPRoute(
                .get, "/{project}/\(Self.folder)/{path...}",
                .waiting { request throws(HTTPError) in try answer(request) })
        ]
    }

    private func answer(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        let path = request.parameters["path"] ?? ""
        let file = try opened(path, of: request.parameters["project"] ?? "")
        let fields: HTTPFields = [
            "Content-Type": Self.type(of: path), "ETag": "\"\(file.identity)\"",
            "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff",
        ]
        switch HTTPConditions(request, entityTag: "\"\(file.identity)\"", bytes: file.size) {
        case .notModified: return HTTPResponse(status: .notModified, fields: fields)
        case .preconditionFailed:
            throw HTTPError(.preconditionFailed, "the file is another version")
        // A server may ignore ranges (RFC 9110, section 14.2); these files are small.
        case .whole, .part, .unsatisfiable:
            return HTTPResponse(fields: fields, body: .pieces(Self.pieces(of: file)))
        }
    }

    /// Whatever is wrong with a path, the file is not there for who asks.
    private func opened(_ path: String, of project: String) throws(HTTPError) -> OpenFile {
        let missing = HTTPError(.notFound, "File does not exist")
        guard !path.utf8.split(separator: UInt8(ascii: "/")).contains(where: Self.isHidden) else {
            throw missing
        }
        do throws(ComponentError) {
            return try components.opened(
                ProjectPath("\(Self.folder)/\(path)"), of: ProjectName(project))
        } catch  where error.code == .storageFailed {
            throw HTTPError(.internalError, "A file cannot be read.", cause: error)
        } catch {
            throw missing
        }
    }

    private static func isHidden(_ part: Substring.UTF8View) -> Bool {
        part.first == UInt8(ascii: ".")
    }

    private static func pieces(of file: OpenFile) -> HTTPPieces {
        let offset = Offset()
        return HTTPPieces { () throws(HTTPError) in
            do throws(ComponentError) {
                let piece = try file.piece(at: offset.value.withLock { $0 })
                offset.value.withLock { $0 += piece.count }
                return piece.isEmpty ? nil : piece
            } catch {
                throw HTTPError(.internalError, "A file cannot be read.", cause: error)
            }
        }
    }

    /// How much of a file was sent.
    private final class Offset: Sendable {
        let value = Mutex(0)
    }

    private static let types = [
        "css": "text/css; charset=utf-8", "csv": "text/csv; charset=utf-8",
        "gif": "image/gif", "html": "text/html; charset=utf-8", "ico": "image/x-icon",
        "jpeg": "image/jpeg", "jpg": "image/jpeg", "js": "text/javascript; charset=utf-8",
        "json": "application/json; charset=utf-8", "md": "text/markdown; charset=utf-8",
        "mjs": "text/javascript; charset=utf-8", "pdf": "application/pdf", "png": "image/png",
        "svg": "image/svg+xml", "txt": "text/plain; charset=utf-8", "wasm": "application/wasm",
        "webp": "image/webp", "woff": "font/woff", "woff2": "font/woff2",
    ]

    static func type(of path: String) -> String {
        guard let dot = path.lastIndex(of: ".") else { return "application/octet-stream" }
        return types[path[path.index(after: dot)...].lowercased()] ?? "application/octet-stream"
    }
}
