import BundleFormat
import Foundation
import HTTPCore
import HTTPTransport
import JSON
import NodeRuntime

/// Sends bundles to a trainer and asks nodes how they are, over HTTP.
struct TrainerClient: Sendable {
    private let client: HTTPClient
    private let base: String
    private let authorization: String

    /// - Parameter base: The address that ends in `/models`.
    init(base: String, username: String, password: String) {
        client = HTTPClient()
        self.base = FollowedFeed.base(of: base)
        authorization = "Basic " + Data("\(username):\(password)".utf8).base64EncodedString()
    }

    /// Uploads the blobs that the trainer does not have, then the manifest.
    ///
    /// - Returns: The version and the number of the entry that announces it.
    func publish(bundle directory: String) throws(CommandError) -> (version: Int, seq: Int) {
        let bundle = try ModelsCommand.open(directory)
        for blob in bundle.manifest.blobs {
            let path = "blobs/\(blob.digest.hex)"
            let known = try send(.head, path)
            if known.status == .ok { continue }
            let answer = try send(.put, path, body: try Self.read(directory, blob.name, blob.bytes))
            guard answer.status == .created else { throw Self.refusal(answer, of: blob.name) }
        }
        let manifest = try Self.read(
            directory, BundleFile.manifest, BundleLimits.manifestBytesMax)
        let answer = try send(
            .post, "publish/\(bundle.manifest.modelName)", body: manifest)
        guard answer.status == .created, let value = try? JSONValue(parsing: answer.body),
            let version = value["version"]?.integerValue, let seq = value["seq"]?.integerValue
        else { throw Self.refusal(answer, of: "the bundle") }
        return (version, seq)
    }

    private func send(
        _ method: HTTPMethod, _ path: String, body: [UInt8] = []
    ) throws(CommandError) -> HTTPClientResponse {
        do throws(HTTPClientError) {
            return try client.send(
                HTTPClientRequest(
                    method, "\(base)/\(path)", fields: ["Authorization": authorization],
                    body: body))
        } catch {
            throw CommandError("\(base)/\(path): \(error.message)")
        }
    }

    private static func read(
        _ directory: String, _ name: String, _ bytesMax: Int
    ) throws(CommandError) -> [UInt8] {
        do throws(BundleError) {
            return try BlobFile.read("\(directory)/\(name)", bytesMax: bytesMax)
        } catch {
            throw CommandError(error.message)
        }
    }

    private static func refusal(_ answer: HTTPClientResponse, of what: String) -> CommandError {
        let reason = (try? JSONValue(parsing: answer.body))?["error"]?.stringValue
        return CommandError(
            "the trainer refused \(what): \(answer.status.code) \(reason ?? "without a reason")")
    }
}
