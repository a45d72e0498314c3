import HTTPCore

/// What a parser makes of some bytes, in a form that compares.
struct Outcome: Equatable, CustomStringConvertible {
    /// One line for each request: method, path, query, body, whether the connection stays.
    var requests: [String] = []
    var refusal: Int?

    var description: String { "\(requests), refused \(refusal.map(String.init) ?? "no")" }
}

/// Gives a request parser the pieces one after the other.
func parse(_ pieces: [[UInt8]], limits: HTTPLimits = HTTPLimits()) -> Outcome {
    var parser = HTTPRequestParser(limits: limits)
    var outcome = Outcome()
    for piece in pieces {
        parser.append(piece)
        collect: while outcome.refusal == nil {
            switch parser.next() {
            case .incomplete: break collect
            case .request(let incoming): outcome.requests.append(line(of: incoming))
            case .refused(let error): outcome.refusal = error.status.code
            }
        }
    }
    return outcome
}

func parse(_ text: String, limits: HTTPLimits = HTTPLimits()) -> Outcome {
    parse([Array(text.utf8)], limits: limits)
}

private func line(of incoming: HTTPIncomingRequest) -> String {
    let request = incoming.request
    let query = request.query.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
    let body = String(decoding: request.body, as: UTF8.self)
    return "\(request.method.rawValue) \(request.path) [\(query)] \(body) \(incoming.keepsAlive)"
}

/// The first request, which the bytes must hold.
func firstRequest(in text: String) -> HTTPRequest? {
    var parser = HTTPRequestParser(limits: HTTPLimits())
    parser.append(Array(text.utf8))
    guard case .request(let incoming) = parser.next() else { return nil }
    return incoming.request
}

/// A request with these lines between the request line and the empty line.
func head(_ lines: String..., line: String = "GET / HTTP/1.1") -> String {
    ([line, "Host: a"] + lines).joined(separator: "\r\n") + "\r\n\r\n"
}

/// A chunked request with that body as it stands on the wire.
func chunked(_ body: String) -> String {
    head("Transfer-Encoding: chunked", line: "POST / HTTP/1.1") + body
}

/// Numbers that are the same in each run (splitmix64).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
