import Compression
import HTTPCore
import JSON
import WireFormats

/// The body of a request as a value, whatever it was written and packed in.
enum RequestBody {
    /// How a body is written.
    private enum Format {
        case json, cbor, messagePack
    }

    /// - Parameters:
    ///   - bytesMax: Of the body once it is unpacked.
    ///   - limits: The same for every format.
    /// - Throws: 400 for a body that is not what its fields say, 413 for one that is too large,
    ///   415 for a type or a coding that nobody here reads.
    static func value(
        of request: HTTPRequest, bytesMax: Int, limits: JSONLimits
    ) throws(HTTPError) -> JSONValue {
        let format = try format(of: request)
        let bytes = try unpacked(request, bytesMax: bytesMax)
        switch format {
        case .json:
            do throws(JSONError) {
                return try JSONValue(parsing: bytes, limits: limits)
            } catch {
                throw HTTPError(.badRequest, "Invalid JSON.", cause: error)
            }
        case .cbor:
            return try decoding { () throws(WireFormatError) in
                try CBOR.decode(bytes, limits: limits)
            }
        case .messagePack:
            return try decoding { () throws(WireFormatError) in
                try MessagePack.decode(bytes, limits: limits)
            }
        }
    }

    private static func decoding(
        _ body: () throws(WireFormatError) -> JSONValue
    ) throws(HTTPError) -> JSONValue {
        do throws(WireFormatError) {
            return try body()
        } catch {
            throw HTTPError(.badRequest, error.message, cause: error)
        }
    }

    /// Clients that leave the type to their library send JSON under the name of a form or a plain
    /// text: `curl -d` is one of them.
    private static func format(of request: HTTPRequest) throws(HTTPError) -> Format {
        switch request.fields.mediaType {
        case nil, "", "application/json", "text/json", "text/plain",
            "application/x-www-form-urlencoded":
            return .json
        case "application/cbor": return .cbor
        case "application/x-msgpack", "application/msgpack": return .messagePack
        case let type?:
            throw HTTPError(
                .unsupportedMediaType,
                "A body of the type \(type) is not read here, only application/json, "
                    + "application/cbor and application/x-msgpack.",
                fields: ["Accept": "application/json, application/cbor, application/x-msgpack"])
        }
    }

    private static func unpacked(
        _ request: HTTPRequest, bytesMax: Int
    ) throws(HTTPError) -> [UInt8] {
        switch request.fields.joined("Content-Encoding")?.lowercased() {
        case nil, "", "identity": return request.body
        case "gzip", "x-gzip":
            do throws(CompressionError) {
                return try Gzip.decompress(request.body, bytesMax: bytesMax)
            } catch {
                let isTooLarge = error.code == .limitExceeded
                throw HTTPError(
                    isTooLarge ? .contentTooLarge : .badRequest, error.message, cause: error)
            }
        case let coding?:
            throw HTTPError(
                .unsupportedMediaType, "A body packed with \(coding) is not read here, only gzip.",
                fields: ["Accept-Encoding": "gzip"])
        }
    }
}
