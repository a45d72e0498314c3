import Foundation
import Integrity

/// Who asks, as Amazon's services know them.
package struct S3Credentials: Sendable {
    package let accessKeyID: String
    package let secretAccessKey: String

    package init(accessKeyID: String, secretAccessKey: String) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
    }
}

/// Amazon's signature of a request, version 4, in its Authorization field.
///
/// From "Authenticating Requests: Using the Authorization Header" of the S3 reference: the request
/// is brought into one canonical form, its digest is signed with a key that is derived from the
/// secret, the day, the region and the service.
package struct S3Signature: Sendable {
    package var method: String
    package var host: String
    /// Percent-encoded.
    package var path: String
    /// Percent-encoded and sorted, without the question mark.
    package var query = ""
    /// Beside host, date and digest, which are signed in any case; names in lower case.
    package var fields: [(name: String, value: String)] = []
    package var region: String
    package var time: Date
    package var body: [UInt8] = []

    private static let algorithm = "AWS4-HMAC-SHA256"
    private static let service = "s3"

    package init(method: String, host: String, path: String, region: String, time: Date) {
        self.method = method
        self.host = host
        self.path = path
        self.region = region
        self.time = time
    }

    /// The fields that are added to the request: digest, time and signature.
    package func signed(by credentials: S3Credentials) -> [(name: String, value: String)] {
        let digest = SHA256Digest.of(body).hex
        let stamp = Self.stamp(time)
        let added = [("x-amz-content-sha256", digest), ("x-amz-date", stamp)]
        let all = (fields + [("host", host)] + added).sorted { $0.0 < $1.0 }
        let names = all.map(\.0).joined(separator: ";")
        let canonical = [
            method, path, query, all.map { "\($0.0):\($0.1)\n" }.joined(), names, digest,
        ].joined(separator: "\n")
        let scope = "\(stamp.prefix(8))/\(region)/\(Self.service)/aws4_request"
        let text = [
            Self.algorithm, stamp, scope, SHA256Digest.of(Array(canonical.utf8)).hex,
        ].joined(separator: "\n")
        let key = signingKey(credentials, day: String(stamp.prefix(8)))
        let signature = MessageAuthentication.code(for: text.utf8, key: key).hexadecimal
        let authorization =
            "\(Self.algorithm) Credential=\(credentials.accessKeyID)/\(scope),"
            + "SignedHeaders=\(names),Signature=\(signature)"
        return added + [("Authorization", authorization)]
    }

    private func signingKey(_ credentials: S3Credentials, day: String) -> [UInt8] {
        [day, region, Self.service, "aws4_request"].reduce(
            Array("AWS4\(credentials.secretAccessKey)".utf8)
        ) { key, part in MessageAuthentication.code(for: part.utf8, key: key) }
    }

    /// `20130524T000000Z`.
    private static func stamp(_ time: Date) -> String {
        time.formatted(
            .iso8601.year().month().day().time(includingFractionalSeconds: false)
                .dateSeparator(.omitted).timeSeparator(.omitted)) + "Z"
    }

    /// Every byte but the unreserved ones (RFC 3986, section 2.3) as a percent sign and two
    /// upper-case digits.
    static func encoded(_ text: String, keeping kept: String = "") -> String {
        var encoded = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "~"):
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            case _ where kept.utf8.contains(byte):
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                encoded += (digits.utf8.count == 1 ? "%0" : "%") + digits
            }
        }
        return encoded
    }
}
