import HTTPCore
import HTTPTransport
import JSON
import ObjectStorage
import TableStorage

/// The member `s3` of a request: an object in a bucket, and a login for it.
struct S3Access: Sendable {
    private let credentials: S3Credentials
    private let bucket: String
    let key: String
    private let region: String
    private let endpoint: String?

    init(_ request: OperationRequest) throws(HTTPError) {
        guard let s3 = request[.s3]?.objectValue, !s3.isEmpty else {
            throw HTTPError(.badRequest, "S3 object missing")
        }
        credentials = S3Credentials(
            accessKeyID: try Self.text("aws_access_key_id", of: s3),
            secretAccessKey: try Self.text("aws_secret_access_key", of: s3))
        bucket = try Self.text("bucket", of: s3)
        key = try Self.text("key", of: s3)
        region = s3["region"]?.stringValue ?? S3Location.regionDefault
        endpoint = s3["endpoint"]?.stringValue
    }

    private static func text(_ name: String, of s3: JSONObject) throws(HTTPError) -> String {
        guard let text = s3[name]?.stringValue, !text.isEmpty else {
            throw HTTPError(.badRequest, "\(name) missing")
        }
        return text
    }

    /// - Throws: 400 if there can be no such object, or it is on a host that is not allowed.
    func location(key: String, in bulk: BulkAccess) throws(HTTPError) -> S3Location {
        if let endpoint { _ = try bulk.allowed(endpoint) }
        do throws(ObjectStorageError) {
            return try S3Location(bucket: bucket, key: key, region: region, endpoint: endpoint)
        } catch {
            throw HTTPError(.badRequest, error.message, cause: error)
        }
    }

    /// - Throws: What the store says if it does not say 200.
    func send(
        _ action: S3Request.Action, _ location: S3Location, _ bulk: BulkAccess
    ) throws(JobRunner.Failure) -> HTTPClientResponse {
        let signed: S3Request
        do throws(ObjectStorageError) {
            signed = try S3Request(action, location, by: credentials, at: bulk.now())
        } catch {
            throw JobRunner.Failure(.string(error.message))
        }
        var fields = HTTPFields()
        for (name, value) in signed.fields { fields[name] = value }
        let answer = try LoadOperations.download(
            HTTPClientRequest(
                signed.method == "PUT" ? .put : .get, signed.url, fields: fields,
                body: signed.body),
            bulk)
        guard answer.status == .ok else {
            throw JobRunner.Failure(.string(Self.message(of: answer)))
        }
        return answer
    }

    /// An object store's sentence, out of the XML that it answers with.
    private static func message(of answer: HTTPClientResponse) -> String {
        let body = String(decoding: answer.body.prefix(messageBytesMax), as: UTF8.self)
        guard let start = body.firstRange(of: "<Message>"),
            let end = body[start.upperBound...].firstRange(of: "</Message>")
        else { return "The object store answered \(answer.status.code)." }
        return String(body[start.upperBound..<end.lowerBound])
    }

    private static let messageBytesMax = 4_096
}
