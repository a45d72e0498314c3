import Compression
import HTTPCore
import JSON
import WireFormats

/// The form in which a client wants its answer (RFC 9110, section 12).
struct AnswerFormat: Sendable {
    /// Best first, where a client likes several equally.
    enum MediaType: String, CaseIterable {
        case json = "application/json"
        case cbor = "application/cbor"
        case messagePack = "application/x-msgpack"
        case csv = "text/csv"
    }

    /// Smaller answers fit a packet or so: packing them would cost time and save none.
    static let gzipBytesMin = 1_024

    private let type: MediaType
    private let allowsGzip: Bool

    /// A client that accepts none of the types gets JSON: an answer it did not ask for tells it
    /// more than none.
    init(_ request: HTTPRequest) {
        let preferred = HTTPAccept.preferred(
            among: MediaType.allCases.map(\.rawValue), in: request.fields.joined("Accept"))
        type = preferred.flatMap(MediaType.init) ?? .json
        allowsGzip = HTTPAccept.allowsGzip(request.fields.joined("Accept-Encoding"))
    }

    func response(_ value: JSONValue) -> HTTPResponse {
        var response = encoded(value)
        pack(&response)
        return response
    }

    /// The same error, answering in this form.
    func error(_ error: HTTPError) -> HTTPError {
        let plain = error.response
        guard case .bytes(let text) = plain.body, let value = try? JSONValue(parsing: text) else {
            return error
        }
        // An error is no table.
        var response = type == .csv ? plain : encoded(value)
        pack(&response)
        guard case .bytes(let body) = response.body else { return error }
        var error = error
        error.body = body
        error.bodyType = response.fields["Content-Type"]
        for field in response.fields.all where field.name != "Content-Type" {
            error.fields[field.name] = field.value
        }
        return error
    }

    private func encoded(_ value: JSONValue) -> HTTPResponse {
        switch type {
        case .json: return .json(value.encoded())
        case .cbor: return HTTPResponse(type: type.rawValue, bytes: CBOR.encode(value))
        case .messagePack:
            return HTTPResponse(type: type.rawValue, bytes: MessagePack.encode(value))
        case .csv:
            guard let rows = Self.rows(of: value) else { return .json(value.encoded()) }
            var response = HTTPResponse(
                type: "text/csv; charset=utf-8", bytes: CSVAnswer.encode(rows))
            response.fields["Content-Disposition"] = "attachment; filename=\"data.csv\""
            return response
        }
    }

    /// The value as the rows of a table, nil if it is something else.
    private static func rows(of value: JSONValue) -> [JSONObject]? {
        guard let elements = value.arrayValue else { return nil }
        let rows = elements.compactMap(\.objectValue)
        return rows.count == elements.count ? rows : nil
    }

    private func pack(_ response: inout HTTPResponse) {
        response.fields.add("Accept", toList: "Vary")
        response.fields.add("Accept-Encoding", toList: "Vary")
        guard allowsGzip, case .bytes(let bytes) = response.body,
            bytes.count >= Self.gzipBytesMin
        else { return }
        let packed = Gzip.compress(bytes)
        guard packed.count < bytes.count else { return }
        response.body = .bytes(packed)
        response.fields["Content-Encoding"] = "gzip"
    }
}
