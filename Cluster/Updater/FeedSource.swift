import Foundation
import HTTPCore
import HTTPTransport

/// Where a feed's files come from.
///
/// The contract: `get` hands the bytes from `offset` on to `piece`, in order, at most `bytesMax` of
/// them in all; it throws ``PullFailure`` for everything else, and lies are the caller's to find.
package protocol FeedSource: Sendable {
    /// - Parameters:
    ///   - path: Under the feed's address, such as `feed/books/latest`.
    ///   - offset: Where to begin; the source may begin at 0 all the same, and says so to `begin`.
    ///   - knownTag: If the file still has this tag, nothing is handed over.
    ///   - begin: Is told where the pieces begin, before the first one.
    /// - Returns: The file's tag and whether it is unchanged; nil if there is no such file.
    func get(
        _ path: String, from offset: Int, bytesMax: Int, knownTag: String?,
        begin: (_ offset: Int) throws(PullFailure) -> Void,
        piece: ([UInt8]) throws(PullFailure) -> Void
    ) throws(PullFailure) -> FeedAnswer?

    /// Ends every call in progress and every later one.
    func stop()
}

/// What a source says about a file.
package struct FeedAnswer: Sendable, Hashable {
    package let tag: String?
    package let isUnchanged: Bool

    package init(tag: String?, isUnchanged: Bool) {
        self.tag = tag
        self.isUnchanged = isUnchanged
    }
}

extension FeedSource {
    /// A small file as a whole.
    func small(
        _ path: String, bytesMax: Int, knownTag: String? = nil
    ) throws(PullFailure) -> (answer: FeedAnswer, bytes: [UInt8])? {
        var bytes: [UInt8] = []
        let answer = try get(
            path, from: 0, bytesMax: bytesMax, knownTag: knownTag,
            begin: { _ throws(PullFailure) in bytes.removeAll() },
            piece: { piece throws(PullFailure) in bytes += piece })
        return answer.map { ($0, bytes) }
    }
}

/// A feed behind an address, over HTTP.
package final class HTTPFeedSource: FeedSource {
    private let base: String
    private let client: HTTPClient

    /// An answer may take this long, and its signed length at the least rate on top.
    private static let answerTime = Duration.seconds(10)
    private static let bytesPerSecondMin = 8 << 10

    /// - Parameter base: The address that ends in `/models`.
    package init(base: String, client: HTTPClient = HTTPClient()) {
        self.base = base.hasSuffix("/") ? String(base.dropLast()) : base
        self.client = client
    }

    package func stop() { client.stop() }

    package func get(
        _ path: String, from offset: Int, bytesMax: Int, knownTag: String?,
        begin: (_ offset: Int) throws(PullFailure) -> Void,
        piece: ([UInt8]) throws(PullFailure) -> Void
    ) throws(PullFailure) -> FeedAnswer? {
        var request = HTTPClientRequest(.get, "\(base)/\(path)")
        if let knownTag { request.fields["If-None-Match"] = knownTag }
        if offset > 0 { request.resume(from: offset) }
        var isBody = false
        var failure: PullFailure?
        let head: HTTPResponseHead
        do throws(HTTPClientError) {
            head = try client.stream(
                request, deadline: Self.deadline(for: bytesMax - offset), bodyBytesMax: bytesMax,
                head: { head in
                    guard let start = Self.start(of: head, asked: offset) else { return }
                    isBody = true
                    do throws(PullFailure) {
                        try begin(start)
                    } catch {
                        failure = error
                        throw error
                    }
                },
                piece: { bytes in
                    guard isBody else { return }
                    do throws(PullFailure) {
                        try piece(bytes)
                    } catch {
                        failure = error
                        throw error
                    }
                })
        } catch {
            if let failure { throw failure }
            throw failed(error, path)
        }
        return try answer(to: head, path, knownTag: knownTag, hasBody: isBody)
    }

    private static func deadline(for bytes: Int) -> Duration {
        answerTime + .seconds(max(0, bytes) / bytesPerSecondMin)
    }

    /// Where a body begins, or nil if it is not the file.
    private static func start(of head: HTTPResponseHead, asked offset: Int) -> Int? {
        switch head.status {
        case .ok: return 0
        case .partialContent:
            let range = head.fields["Content-Range"] ?? ""
            return range.hasPrefix("bytes \(offset)-") ? offset : nil
        default: return nil
        }
    }

    private func answer(
        to head: HTTPResponseHead, _ path: String, knownTag: String?, hasBody: Bool
    ) throws(PullFailure) -> FeedAnswer? {
        if hasBody { return FeedAnswer(tag: head.fields["ETag"], isUnchanged: false) }
        switch head.status {
        case .notFound: return nil
        case .notModified where knownTag != nil:
            return FeedAnswer(tag: knownTag, isUnchanged: true)
        default:
            throw PullFailure(
                code: PullFailure.originAnswer,
                "the origin answered \(head.status.code) for \(path)",
                retryAfter: Self.retryAfter(head))
        }
    }

    /// Seconds alone (RFC 9110, section 10.2.3): a date would make us trust the origin's clock.
    private static func retryAfter(_ head: HTTPResponseHead) -> Duration? {
        head.fields["Retry-After"].flatMap(Int32.init).map { .seconds($0) }
    }

    private func failed(_ error: HTTPClientError, _ path: String) -> PullFailure {
        switch error.code {
        case .bodyTooLarge:
            PullFailure(
                code: PullFailure.sizeMismatch, "\(path) is longer than it may be", cause: error)
        case .tooSlow, .timedOut:
            PullFailure(code: PullFailure.originSlow, "\(path): \(error.message)", cause: error)
        case .stopped: PullFailure(code: PullFailure.stopped, "the pull was stopped", cause: error)
        case .invalidAnswer:
            PullFailure(code: PullFailure.originAnswer, error.message, cause: error)
        default:
            PullFailure(
                code: PullFailure.originUnreachable, "\(path): \(error.message)", cause: error)
        }
    }
}
