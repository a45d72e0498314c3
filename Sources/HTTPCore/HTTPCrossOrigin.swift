/// Which pages of other origins may read the answers (the CORS protocol of the Fetch standard).
///
/// No credentials are ever allowed: a page of another origin asks as nobody.
package struct HTTPCrossOrigin: Sendable {
    /// Nil lets every origin in; otherwise only those listed, such as `https://books.example`.
    package var origins: Set<String>?
    package var methods: [HTTPMethod]
    package var fieldNames: [String]
    /// How long a browser may remember the answer to a preflight.
    package var preflightSeconds: Int

    package init(
        origins: Set<String>? = nil,
        methods: [HTTPMethod] = [.post, .get, .put, .delete, .patch, .options],
        fieldNames: [String] = ["Content-Type", "Authorization", "Accept"],
        preflightSeconds: Int = 600
    ) {
        self.origins = origins
        self.methods = methods
        self.fieldNames = fieldNames
        self.preflightSeconds = preflightSeconds
    }

    func isPreflight(_ request: HTTPRequest) -> Bool {
        request.method == .options && request.fields["Origin"] != nil
            && request.fields["Access-Control-Request-Method"] != nil
    }

    /// The answer to a preflight; for an origin that is not allowed it grants nothing.
    func preflight(_ request: HTTPRequest) -> HTTPResponse {
        var response = HTTPResponse(status: .noContent)
        guard allows(request.fields["Origin"]) else { return response }
        response.fields.append(
            "Access-Control-Allow-Methods", methods.map(\.rawValue).joined(separator: ", "))
        response.fields.append(
            "Access-Control-Allow-Headers", fieldNames.joined(separator: ", "))
        response.fields.append("Access-Control-Max-Age", "\(preflightSeconds)")
        return response
    }

    /// Adds to an answer what lets the page that asked read it.
    func mark(_ response: inout HTTPResponse, origin: String?) {
        // Caches must not hand the answer for one origin to another, nor to none.
        response.fields.add("Origin", toList: "Vary")
        guard let origin, allows(origin) else { return }
        response.fields["Access-Control-Allow-Origin"] = origin
    }

    private func allows(_ origin: String?) -> Bool {
        guard let origin else { return false }
        return origins?.contains(origin) ?? true
    }
}
