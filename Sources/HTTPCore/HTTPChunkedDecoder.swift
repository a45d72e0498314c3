/// Takes chunks apart (RFC 9112, section 7.1), whatever the pieces in which they arrive.
///
///     size -> data -> dataEnd -> size ... -> trailer -> (end)
struct HTTPChunkedDecoder: Sendable {
    private enum State {
        case size
        case data(missing: Int)
        case dataEnd
        case trailer(HTTPFieldSection)
    }

    enum Step {
        case incomplete
        case piece(ArraySlice<UInt8>)
        case end
    }

    private var state = State.size
    private var extensionBytes = 0
    private var bodyBytes = 0
    private let bodyBytesMax: Int
    private let limits: HTTPLimits

    /// More digits than a byte count has, so that leading zeros are not an endless line.
    private static let sizeDigitsMax = 16

    init(bodyBytesMax: Int, limits: HTTPLimits) {
        self.bodyBytesMax = bodyBytesMax
        self.limits = limits
    }

    /// The next part of the body, as far as it has arrived.
    mutating func next(from input: inout HTTPInput) throws(HTTPError) -> Step {
        while true {
            switch state {
            case .size:
                guard let size = try takeSize(from: &input) else { return .incomplete }
                state = size == 0 ? .trailer(trailer) : .data(missing: size)
            case .data(let missing):
                guard !input.isEmpty else { return .incomplete }
                let piece = input.take(upTo: missing)
                let rest = missing - piece.count
                state = rest == 0 ? .dataEnd : .data(missing: rest)
                return .piece(piece)
            case .dataEnd:
                guard let line = try takeLine(from: &input, bytesMax: 0) else { return .incomplete }
                assert(line.isEmpty)
                state = .size
            case .trailer(var section):
                let line = try takeLine(from: &input, bytesMax: section.lineBytesMax)
                guard let line else { return .incomplete }
                guard !line.isEmpty else { return .end }
                try section.add(line)
                state = .trailer(section)
            }
        }
    }

    private var trailer: HTTPFieldSection {
        HTTPFieldSection(bytesMax: limits.trailerBytesMax, countMax: limits.fieldCountMax)
    }

    private func takeLine(
        from input: inout HTTPInput, bytesMax: Int
    ) throws(HTTPError) -> ArraySlice<UInt8>? {
        do {
            return try input.takeLine(bytesMax: bytesMax)
        } catch {
            throw refusal(of: error)
        }
    }

    private func refusal(of fault: HTTPInput.Fault) -> HTTPError {
        switch (fault, state) {
        case (.tooLong, .trailer):
            HTTPError(
                .fieldsTooLarge,
                "The trailer has more than \(limits.trailerBytesMax) bytes "
                    + "(RFC 6585, section 5).")
        case (.tooLong, .size):
            HTTPError(
                .badRequest,
                "The chunk extensions have more than "
                    + "\(limits.chunkExtensionBytesMax) bytes (RFC 9112, section 7.1.1).")
        case (.tooLong, _):
            HTTPError(
                .badRequest, "A chunk is longer than its size says (RFC 9112, section 7.1).")
        case (.bareLineFeed, _), (.bareCarriageReturn, _):
            HTTPError(
                .badRequest,
                "A line of the chunked body does not end in CR LF "
                    + "(RFC 9112, section 7.1).")
        }
    }

    private mutating func takeSize(from input: inout HTTPInput) throws(HTTPError) -> Int? {
        let extensionBytesLeft = limits.chunkExtensionBytesMax - extensionBytes
        let line = try takeLine(
            from: &input, bytesMax: Self.sizeDigitsMax + extensionBytesLeft)
        guard let line else { return nil }
        let end = line.firstIndex { $0.hexValue == nil } ?? line.endIndex
        let digits = line[..<end]
        let extensions = line[end...]
        guard !digits.isEmpty, digits.count <= Self.sizeDigitsMax,
            let size = Int(String(decoding: digits, as: UTF8.self), radix: 16)
        else {
            throw HTTPError(
                .badRequest, "A chunk has no valid hexadecimal size (RFC 9112, section 7.1).")
        }
        let isExtension = extensions.trimmingBlanks().first == UInt8(ascii: ";")
        guard extensions.isEmpty || isExtension, extensions.allSatisfy(\.isFieldValueByte) else {
            throw HTTPError(
                .badRequest,
                "A chunk size is followed by something else than an extension "
                    + "(RFC 9112, section 7.1.1).")
        }
        extensionBytes += extensions.count
        guard extensionBytes <= limits.chunkExtensionBytesMax else {
            throw refusal(of: .tooLong)
        }
        guard size <= bodyBytesMax - bodyBytes else {
            throw HTTPError.bodyTooLarge(bytes: nil, limit: bodyBytesMax)
        }
        bodyBytes += size
        return size
    }
}
