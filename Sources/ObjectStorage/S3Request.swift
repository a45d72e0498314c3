import Foundation

/// A signed request for one object; sending it is the caller's.
package struct S3Request: Sendable {
    package enum Action: Sendable {
        case get
        case put([UInt8])
    }

    package let method: String
    package let url: String
    /// Without Host, which every client adds, and which is signed too.
    package let fields: [(name: String, value: String)]
    package let body: [UInt8]

    /// - Parameter time: A quarter of an hour away from the store's clock at most; it is signed.
    /// - Throws: `.invalidLocation` if the endpoint is no address.
    package init(
        _ action: Action, _ location: S3Location, by credentials: S3Credentials, at time: Date
    ) throws(ObjectStorageError) {
        guard let components = URLComponents(string: location.origin), components.host != nil,
            components.path.isEmpty, let separator = location.origin.range(of: "://")
        else {
            throw ObjectStorageError(
                .invalidLocation, "the endpoint '\(location.origin)' is no address of a host")
        }
        var signature = S3Signature(
            method: "GET", host: String(location.origin[separator.upperBound...]),
            path: location.path, region: location.region, time: time)
        if case .put(let bytes) = action {
            signature.method = "PUT"
            signature.body = bytes
        }
        method = signature.method
        body = signature.body
        url = location.origin + location.path
        fields = signature.signed(by: credentials)
    }
}
