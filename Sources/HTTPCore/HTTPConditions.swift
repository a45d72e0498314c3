/// What the conditions and the range of a request select of a representation with a strong
/// entity tag (RFC 9110, sections 13.2.2 and 14.2).
package enum HTTPConditions: Sendable, Hashable {
    case whole
    case part(Range<Int>)
    /// 304: the client has it.
    case notModified
    /// 412: the client wants another version.
    case preconditionFailed
    /// 416: nothing lies in the range.
    case unsatisfiable

    /// - Parameters:
    ///   - entityTag: With its quotation marks, strong: equal tags mean equal bytes.
    ///   - bytes: The size of the representation.
    package init(_ request: HTTPRequest, entityTag: String, bytes: Int) {
        let fields = request.fields
        let isReading = request.method == .get || request.method == .head
        if let ifMatch = Self.tags(of: "If-Match", in: fields),
            !ifMatch.contains("*"), !ifMatch.contains(entityTag)
        {
            self = .preconditionFailed
        } else if let ifNoneMatch = Self.tags(of: "If-None-Match", in: fields),
            ifNoneMatch.contains("*") || ifNoneMatch.map(Self.weak).contains(entityTag)
        {
            self = isReading ? .notModified : .preconditionFailed
        } else {
            self = Self.range(request, entityTag: entityTag, bytes: bytes)
        }
    }

    private static func tags(of name: String, in fields: HTTPFields) -> [String]? {
        let values = fields.values(of: name)
        return values.isEmpty ? nil : values.flatMap(\.listMembers)
    }

    /// If-None-Match compares weakly (section 13.1.2): the prefix does not count.
    private static func weak(_ tag: String) -> String {
        tag.hasPrefix("W/") ? String(tag.dropFirst("W/".count)) : tag
    }

    private static func range(
        _ request: HTTPRequest, entityTag: String, bytes: Int
    ) -> HTTPConditions {
        let ranges = request.fields.values(of: "Range")
        guard request.method == .get, ranges.count == 1, let range = HTTPByteRange(ranges[0])
        else { return .whole }
        // If-Range compares strongly (section 13.1.5); a date never equals our tag.
        if let condition = request.fields["If-Range"], condition != entityTag { return .whole }
        return range.resolved(in: bytes).map(HTTPConditions.part) ?? .unsatisfiable
    }
}

/// A file that never changes under its name, such as a blob named by its digest.
package struct HTTPStaticFile: Sendable {
    package var path: String
    package var bytes: Int
    /// With its quotation marks, strong.
    package var entityTag: String
    package var type: String
    package var cacheControl: String

    package init(
        path: String, bytes: Int, entityTag: String, type: String = "application/octet-stream",
        cacheControl: String = "public, max-age=31536000, immutable"
    ) {
        self.path = path
        self.bytes = bytes
        self.entityTag = entityTag
        self.type = type
        self.cacheControl = cacheControl
    }

    /// The answer to GET or HEAD: whole, in part, or that the client has it already.
    package func response(to request: HTTPRequest) -> HTTPResponse {
        var response = HTTPResponse(fields: [
            "ETag": entityTag, "Cache-Control": cacheControl, "Accept-Ranges": "bytes",
        ])
        switch HTTPConditions(request, entityTag: entityTag, bytes: bytes) {
        case .whole:
            response.body = .file(path: path, range: 0..<bytes)
            response.fields.append("Content-Type", type)
        case .part(let range):
            response.status = .partialContent
            response.body = .file(path: path, range: range)
            response.fields.append("Content-Type", type)
            response.fields.append(
                "Content-Range", "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(bytes)")
        case .notModified: response.status = .notModified
        case .preconditionFailed:
            return HTTPError(
                .preconditionFailed,
                "There is no version \(request.fields["If-Match"] ?? "") of this, "
                    + "only \(entityTag)."
            ).response
        case .unsatisfiable:
            return HTTPError(
                .rangeNotSatisfiable, "The range begins behind the \(bytes) bytes that there are.",
                fields: ["Content-Range": "bytes */\(bytes)"]
            ).response
        }
        return response
    }
}
