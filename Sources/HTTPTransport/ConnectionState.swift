import HTTPCore

/// Where a connection stands between its first byte and its last.
///
///     reading --begin--> answering --answer--> reading | closing
///        |                   \--stream--> streaming --answer--> reading | closing
///        +--refuse--> closing --linger--> lingering --> closed
///
/// In `reading` the parser holds at most one unfinished request. In `answering` and `streaming`
/// a request is out of the parser and its answer is not complete, so nothing more is parsed:
/// that keeps answers in order. From `closing` on no request is taken.
enum ConnectionState {
    case reading
    case answering(Exchange)
    case streaming(Exchange, PieceStream)
    /// The last answer is being sent.
    case closing
    /// Our direction is shut; what the client still sends is thrown away, so that the kernel
    /// does not answer it with a reset that destroys our last answer (RFC 9112, section 9.6).
    case lingering(bytes: Int)
    case closed
}

/// One request on its way to its answer.
struct Exchange {
    /// Counts the requests of a connection: an answer to an earlier one is recognised as late.
    let number: Int
    let origin: String?
    var encoder: HTTPResponseEncoder
}

/// A body that is made while it is sent.
struct PieceStream {
    let pieces: HTTPPieces
    let isChunked: Bool
    /// A worker is making the next piece.
    var isProducing = false
}

extension ConnectionState {
    var isReading: Bool { if case .reading = self { true } else { false } }
    var isClosed: Bool { if case .closed = self { true } else { false } }
    var isClosing: Bool { if case .closing = self { true } else { false } }
    var isLingering: Bool { if case .lingering = self { true } else { false } }

    /// The exchange that a handler works on.
    var exchange: Exchange? {
        switch self {
        case .answering(let exchange), .streaming(let exchange, _): exchange
        case .reading, .closing, .lingering, .closed: nil
        }
    }

    mutating func begin(_ exchange: Exchange) {
        precondition(isReading, "A request may begin only after the answer to the one before.")
        self = .answering(exchange)
    }

    mutating func stream(_ stream: PieceStream) {
        guard case .answering(let exchange) = self else {
            preconditionFailure("Only the answer to a request can be made piece by piece.")
        }
        self = .streaming(exchange, stream)
    }

    /// The answer is complete in the output queue.
    mutating func finishAnswer() {
        guard let exchange else { preconditionFailure("There is no request to answer.") }
        self = exchange.encoder.keepsAlive ? .reading : .closing
    }

    /// Nothing more is read; what is in the output queue still goes out.
    mutating func endReading() {
        precondition(isReading, "A connection at work closes when its answer is complete.")
        self = .closing
    }

    mutating func linger() {
        precondition(isClosing, "Our direction is shut after the last answer.")
        self = .lingering(bytes: 0)
    }
}
