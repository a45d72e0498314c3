import Foundation
import Testing

@testable import ObjectStorage

/// The examples of Amazon's S3 reference, "Authenticating Requests: Using the Authorization
/// Header": one secret, one moment, one bucket.
@Suite struct S3SignatureTests {
    private static let credentials = S3Credentials(
        accessKeyID: "AKIAIOSFODNN7EXAMPLE",
        secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    /// 2013-05-24T00:00:00Z.
    private static let time = Date(timeIntervalSince1970: 1_369_353_600)

    private static func example(
        _ method: String, path: String = "/", query: String = "",
        fields: [(name: String, value: String)] = [], body: String = ""
    ) -> String? {
        var signature = S3Signature(
            method: method, host: "examplebucket.s3.amazonaws.com", path: path,
            region: "us-east-1", time: time)
        signature.query = query
        signature.fields = fields
        signature.body = Array(body.utf8)
        return signature.signed(by: credentials).last?.value
    }

    private static let beginning =
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"

    @Test func `an object's first bytes`() {
        let value = Self.example("GET", path: "/test.txt", fields: [("range", "bytes=0-9")])

        #expect(
            value == Self.beginning
                + "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
                + "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")
    }

    @Test func `an object that is stored`() {
        let value = Self.example(
            "PUT", path: "/\(S3Signature.encoded("test$file.text"))",
            fields: [
                ("date", "Fri, 24 May 2013 00:00:00 GMT"),
                ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
            ], body: "Welcome to Amazon S3.")

        #expect(
            value == Self.beginning
                + "SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class,"
                + "Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd")
    }

    @Test func `a query without a value`() {
        let value = Self.example("GET", query: "lifecycle=")

        #expect(
            value == Self.beginning + "SignedHeaders=host;x-amz-content-sha256;x-amz-date,"
                + "Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543")
    }

    @Test func `a query with two values`() {
        let value = Self.example("GET", query: "max-keys=2&prefix=J")

        #expect(
            value == Self.beginning + "SignedHeaders=host;x-amz-content-sha256;x-amz-date,"
                + "Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7")
    }
}

@Suite struct S3RequestTests {
    private static func url(
        _ bucket: String, _ key: String, endpoint: String? = nil
    ) throws -> String {
        try S3Request(
            .get, S3Location(bucket: bucket, key: key, region: "eu-west-1", endpoint: endpoint),
            by: S3Credentials(accessKeyID: "id", secretAccessKey: "secret"), at: Date()
        ).url
    }

    @Test func `a bucket is part of the host's name, or of the path where it cannot be`() throws {
        #expect(
            try Self.url("dogs", "a/b c+é.csv")
                == "https://dogs.s3.eu-west-1.amazonaws.com/a/b%20c%2B%C3%A9.csv")
        #expect(try Self.url("my.dogs", "a") == "https://s3.eu-west-1.amazonaws.com/my.dogs/a")
        #expect(
            try Self.url("dogs", "a", endpoint: "http://minio:9000/")
                == "http://minio:9000/dogs/a")
    }

    @Test func `what is stored is signed with its own digest`() throws {
        let request = try S3Request(
            .put(Array("Welcome to Amazon S3.".utf8)), S3Location(bucket: "dogs", key: "a"),
            by: S3Credentials(accessKeyID: "id", secretAccessKey: "secret"), at: Date())

        #expect(request.method == "PUT")
        #expect(
            request.fields.first?.value
                == "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072")
    }

    @Test(
        arguments: [
            ("do", "a", nil), ("Dogs", "a", nil), ("dogs/x", "a", nil), ("dogs", "", nil),
            ("dogs", "a/../b", nil), ("dogs", "a\0", nil), ("dogs", "a", "minio:9000/path"),
            ("dogs", "a", "http://minio/path"), ("dogs", "a", ""),
            ("dogs", String(repeating: "k", count: 1_025), nil),
        ] as [(String, String, String?)])
    func `a location that cannot be is refused`(
        bucket: String, key: String, endpoint: String?
    ) {
        let error = #expect(throws: ObjectStorageError.self) {
            try Self.url(bucket, key, endpoint: endpoint)
        }

        #expect(error?.code == .invalidLocation)
    }
}
