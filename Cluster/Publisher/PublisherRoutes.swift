import BundleFormat
import ClusterFeed
import Foundation
import HTTPCore
import Integrity
import JSON
import Telemetry

/// The feed over HTTP: files for everybody, publishing for those who may log in.
package struct PublisherRoutes: Sendable {
    /// Refuses a request that may not publish.
    package typealias Authorize = @Sendable (HTTPRequest) throws(HTTPError) -> Void

    private let directory: TrainerDirectory
    private let authorize: Authorize
    private let log: Log

    /// Where all of it lies under the function port.
    package static let prefix = "/models"
    /// An uploaded blob is held in memory while it is hashed.
    package static let uploadBytesMax = 200 << 20

    /// A year: what is named by its content never changes.
    private static let immutable = "public, max-age=31536000, immutable"
    /// `latest` alone changes under its name.
    private static let askEachTime = "no-cache"
    private static let notYet: HTTPFields = ["Cache-Control": "no-store"]
    private static let text = "text/plain; charset=utf-8"

    package init(directory: TrainerDirectory, log: Log, authorize: @escaping Authorize) {
        self.directory = directory
        self.log = log
        self.authorize = authorize
    }

    package var routes: [HTTPRoute] {
        [
            HTTPRoute(
                .get, "\(Self.prefix)/keys/{number}",
                .waiting { request throws(HTTPError) in
                    let number = try Self.number(request.parameters["number"])
                    return try smallFile("keys/\(number)", request, cache: Self.immutable)
                }),
            HTTPRoute(
                .get, "\(Self.prefix)/feed/{channel}/{seq}",
                .waiting { request throws(HTTPError) in try entry(request) }),
            HTTPRoute(
                .get, "\(Self.prefix)/blobs/{digest}",
                .waiting { request throws(HTTPError) in
                    let digest = try Self.digest(request)
                    return try blob(digest, request)
                }),
            HTTPRoute(
                .put, "\(Self.prefix)/blobs/{digest}", bodyBytesMax: Self.uploadBytesMax,
                .waiting { request throws(HTTPError) in try upload(request) }),
            HTTPRoute(
                .post, "\(Self.prefix)/publish/{channel}",
                bodyBytesMax: BundleLimits.manifestBytesMax,
                .waiting { request throws(HTTPError) in try publish(request) }),
        ]
    }

    private func entry(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        let channel = request.parameters["channel"] ?? ""
        guard FeedEntry.isValid(channel: channel) else {
            throw HTTPError(.notFound, "there is no such channel")
        }
        if request.parameters["seq"] == "latest" {
            return try smallFile("feed/\(channel)/latest", request, cache: Self.askEachTime)
        }
        let seq = try Self.number(request.parameters["seq"])
        return try smallFile("feed/\(channel)/\(seq)", request, cache: Self.immutable)
    }

    private func upload(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        try authorize(request)
        let digest = try Self.digest(request)
        try Self.answering { () throws(PublisherError) in
            try directory.store(request.body, as: digest)
        }
        return HTTPResponse(status: .created)
    }

    private func publish(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        try authorize(request)
        let channel = request.parameters["channel"] ?? ""
        let entry = try Self.answering { () throws(PublisherError) in
            try directory.publish(manifest: request.body, channel: channel)
        }
        log.info(
            "published a bundle",
            ["channel": channel, "version": entry.stable.version, "seq": entry.seq])
        let answer: JSONValue = [
            "channel": .string(channel), "version": JSONValue(Int(clamping: entry.stable.version)),
            "seq": JSONValue(Int(clamping: entry.seq)),
            "manifest": .string(entry.stable.manifest.hex),
        ]
        return .json(answer.encoded(), status: .created)
    }

    /// An entry or a key file, answered from the bytes that were read.
    ///
    /// `latest` may be replaced at any moment: a path would let the head describe one entry and
    /// the body be another.
    private func smallFile(
        _ name: String, _ request: HTTPRequest, cache: String
    ) throws(HTTPError) -> HTTPResponse {
        guard let content = FileManager.default.contents(atPath: "\(directory.root)/public/\(name)")
        else { throw HTTPError(.notFound, "there is no \(name) yet", fields: Self.notYet) }
        let bytes = [UInt8](content)
        let answer = HTTPStaticFile(
            path: "", bytes: bytes.count, entityTag: "\"\(SHA256Digest.of(bytes).hex)\"",
            type: Self.text, cacheControl: cache)
        var response = answer.response(to: request)
        if case .file(_, let range) = response.body { response.body = .bytes(Array(bytes[range])) }
        return response
    }

    /// A blob never changes, so the kernel sends it from its file.
    private func blob(
        _ digest: SHA256Digest, _ request: HTTPRequest
    ) throws(HTTPError) -> HTTPResponse {
        let path = directory.blobPath(digest)
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw HTTPError(.notFound, "there is no blob \(digest.hex)", fields: Self.notYet)
        }
        return HTTPStaticFile(
            path: path, bytes: Int(clamping: status.st_size), entityTag: "\"\(digest.hex)\"",
            type: "application/octet-stream", cacheControl: Self.immutable
        ).response(to: request)
    }

    private static func number(_ text: String?) throws(HTTPError) -> UInt64 {
        guard let text, let number = UInt64(text), String(number) == text else {
            throw HTTPError(.notFound, "files of the feed are numbered 1, 2, 3")
        }
        return number
    }

    private static func digest(_ request: HTTPRequest) throws(HTTPError) -> SHA256Digest {
        guard let digest = SHA256Digest(hex: request.parameters["digest"] ?? "") else {
            throw HTTPError(.notFound, "a blob is named by 64 lower-case hexadecimal digits")
        }
        return digest
    }

    /// The one place where a publisher's error becomes a status.
    private static func answering<Answer>(
        _ body: () throws(PublisherError) -> Answer
    ) throws(HTTPError) -> Answer {
        do throws(PublisherError) {
            return try body()
        } catch {
            let status: HTTPStatus =
                switch error.code {
                case .badBundle: .unprocessableContent
                case .conflict: .conflict
                case .notFound: .notFound
                case .limitExceeded: .contentTooLarge
                case .keys, .diskFailed: .internalError
                }
            throw HTTPError(status, error.message, cause: error)
        }
    }
}
