/// A route's path pattern taken apart: `/books/{id}/files/{path...}`.
struct HTTPPattern: Sendable, Hashable {
    enum Segment: Sendable, Hashable {
        case literal(String)
        case capture(String)
        case rest(String)
    }

    let segments: [Segment]

    init(_ text: String) throws(HTTPError) {
        guard text.hasPrefix("/") else { throw Self.invalid(text, "does not begin with a slash") }
        let parts = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        var segments: [Segment] = []
        for part in parts { segments.append(try Self.segment(String(part), of: text)) }
        let names = segments.compactMap(\.name)
        guard Set(names).count == names.count else {
            throw Self.invalid(text, "has two captures of the same name")
        }
        let hasInnerRest = segments.dropLast().contains {
            if case .rest = $0 { true } else { false }
        }
        guard !hasInnerRest else { throw Self.invalid(text, "has more behind {name...}") }
        self.segments = segments
    }

    private static func segment(_ part: String, of text: String) throws(HTTPError) -> Segment {
        guard part.hasPrefix("{"), part.hasSuffix("}") else {
            guard !part.contains(where: { "{}".contains($0) }) else {
                throw invalid(text, "has braces that do not span a segment")
            }
            return .literal(part)
        }
        let inside = part.dropFirst().dropLast()
        let isRest = inside.hasSuffix("...")
        let name = String(isRest ? inside.dropLast("...".count) : inside)
        guard !name.isEmpty, !name.contains(where: { "{}.".contains($0) }) else {
            throw invalid(text, "has a capture without a proper name")
        }
        return isRest ? .rest(name) : .capture(name)
    }

    private static func invalid(_ text: String, _ fault: String) -> HTTPError {
        HTTPError(.internalError, "The route pattern \(text) \(fault).")
    }
}

extension HTTPPattern.Segment {
    var name: String? {
        switch self {
        case .literal: nil
        case .capture(let name), .rest(let name): name
        }
    }
}
