/// Where an object is: Amazon's S3, or another store that speaks its protocol.
package struct S3Location: Sendable, Hashable {
    package let bucket: String
    package let key: String
    package let region: String
    /// The address up to the bucket, such as `http://minio:9000`; nil for Amazon's own.
    package let endpoint: String?

    package static let regionDefault = "us-east-1"
    /// Bytes of a key (Amazon's limit).
    package static let keyBytesMax = 1_024
    private static let bucketLength = 3...63
    private static let regionLengthMax = 32

    /// - Throws: `.invalidLocation`.
    package init(
        bucket: String, key: String, region: String = regionDefault, endpoint: String? = nil
    ) throws(ObjectStorageError) {
        // Buckets and regions become part of a host's name.
        guard Self.bucketLength.contains(bucket.utf8.count), Self.isName(bucket, also: ".") else {
            throw ObjectStorageError(
                .invalidLocation,
                "a bucket's name has 3 to 63 lower-case letters, digits, dots and dashes")
        }
        guard !region.isEmpty, region.utf8.count <= Self.regionLengthMax, Self.isName(region)
        else {
            throw ObjectStorageError(
                .invalidLocation,
                "a region has 1 to \(Self.regionLengthMax) lower-case letters, digits and dashes")
        }
        guard !key.isEmpty, key.utf8.count <= Self.keyBytesMax, !key.utf8.contains(0) else {
            throw ObjectStorageError(
                .invalidLocation, "the key of an object has 1 to \(Self.keyBytesMax) bytes")
        }
        // Paths are normalised by many a client and server, and the signature would not fit.
        guard !key.split(separator: "/").contains(where: { $0 == "." || $0 == ".." }) else {
            throw ObjectStorageError(
                .invalidLocation, "the key of an object has no parts '.' and '..'")
        }
        self.bucket = bucket
        self.key = key
        self.region = region
        self.endpoint = endpoint.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
    }

    private static func isName(_ text: String, also extra: Unicode.Scalar = "-") -> Bool {
        text.unicodeScalars.allSatisfy {
            ("a"..."z").contains($0) || ("0"..."9").contains($0) || $0 == "-" || $0 == extra
        }
    }

    /// Scheme, host and port.
    package var origin: String {
        endpoint
            ?? (isInHostName
                ? "https://\(bucket).s3.\(region).amazonaws.com"
                : "https://s3.\(region).amazonaws.com")
    }

    /// The path, percent-encoded as the signature wants it.
    package var path: String {
        let object = S3Signature.encoded(key, keeping: "/")
        return endpoint == nil && isInHostName ? "/\(object)" : "/\(bucket)/\(object)"
    }

    /// A dot in the bucket's name would not fit Amazon's certificate.
    private var isInHostName: Bool { !bucket.contains(".") }
}
