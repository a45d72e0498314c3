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
                    return try file(
                        "keys/\(number)", request, type: Self.text, cache: Self.immutable)
                }),
            HTTPRoute(
                .get, "\(Self.prefix)/feed/{channel}/{seq}",
                .waiting { request throws(HTTPError) in try entry(request) }),
            HTTPRoute(
                .get, "\(Self.prefix)/blobs/{digest}",
                .waiting { request throws(HTTPError) in
                    let digest = try Self.digest(request)
                    return try file(
                        "blobs/\(digest.hex)", request, type: "application/octet-stream",
                        cache: Self.immutable, tag: digest)
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
            return try file("feed/\(channel)/latest", request, type: Self.text, cache: "no-cache")
        }
        let seq = try Self.number(request.parameters["seq"])
        return try file("feed/\(channel)/\(seq)", request, type: Self.text, cache: Self.immutable)
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

    /// A file of the public tree; names have been checked, so the path cannot leave it.
    ///
    /// A file without a digest in its name is small: it is read, and its digest is its tag.
    private func file(
        _ name: String, _ request: HTTPRequest, type: String, cache: String,
        tag: SHA256Digest? = nil
    ) throws(HTTPError) -> HTTPResponse {
        let path = "\(directory.root)/public/\(name)"
        let missing = HTTPError(
            .notFound, "there is no \(name) yet", fields: ["Cache-Control": "no-store"])
        if let tag {
            let attributes = try? FileManager.default.attributesOfItem(atPath: path)
            guard let bytes = attributes?[.size] as? Int else { throw missing }
            return HTTPStaticFile(
                path: path, bytes: bytes, entityTag: "\"\(tag.hex)\"", type: type,
                cacheControl: cache
            ).response(to: request)
        }
        guard let content = FileManager.default.contents(atPath: path) else { throw missing }
        let bytes = [UInt8](content)
        var response = HTTPStaticFile(
            path: path, bytes: bytes.count, entityTag: "\"\(SHA256Digest.of(bytes).hex)\"",
            type: type, cacheControl: cache
        ).response(to: request)
        // `latest` may be replaced before it is sent: what has the tag goes out, not the path.
        if case .file(_, let range) = response.body { response.body = .bytes(Array(bytes[range])) }
        return response
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
