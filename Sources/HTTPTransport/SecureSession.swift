import Dispatch
import Foundation
import FoundationNetworking
import HTTPCore
import Synchronization

/// Exchanges over TLS, made of URLSession's callbacks and a thread that waits for them.
final class SecureSession: Sendable {
    private enum State {
        /// A session has threads of its own, so there is none before it is needed.
        case unused
        case open(URLSession, SecureDelegate)
        case stopped
    }

    private let state = Mutex(State.unused)

    deinit { stop() }

    /// Ends every exchange with `.stopped`.
    func stop() {
        let session = state.withLock { state -> URLSession? in
            defer { state = .stopped }
            guard case .open(let session, _) = state else { return nil }
            return session
        }
        session?.invalidateAndCancel()
    }

    private func open() throws(HTTPClientError) -> (URLSession, SecureDelegate) {
        let opened = state.withLock { state -> (URLSession, SecureDelegate)? in
            switch state {
            case .unused:
                let delegate = SecureDelegate()
                let session = URLSession(
                    configuration: Self.configuration, delegate: delegate, delegateQueue: nil)
                state = .open(session, delegate)
                return (session, delegate)
            case .open(let session, let delegate): return (session, delegate)
            case .stopped: return nil
            }
        }
        guard let opened else { throw Self.stoppedError }
        return opened
    }

    private var isStopped: Bool {
        state.withLock { if case .stopped = $0 { true } else { false } }
    }

    private static var stoppedError: HTTPClientError {
        HTTPClientError(.stopped, "The client was stopped.")
    }

    /// Nothing is remembered between exchanges but connections; deadlines are the call's own.
    private static var configuration: URLSessionConfiguration {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.urlCache = nil
        configuration.httpCookieStorage = nil
        configuration.httpShouldSetCookies = false
        return configuration
    }

    func exchange(
        _ call: ClientCall, head: (HTTPResponseHead) throws -> Void,
        piece: ([UInt8]) throws -> Void
    ) throws(HTTPClientError) -> HTTPResponseHead {
        let request = try Self.request(for: call)
        let (session, delegate) = try open()
        let task = session.dataTask(with: request)
        let events = SecureEvents()
        delegate.watch(task, events)
        task.resume()
        defer {
            delegate.forget(task)
            task.cancel()
        }
        let answer = try receiveHead(call, events)
        try ClientCall.hand(answer, to: head)
        try receiveBody(call, events, piece: piece)
        return answer
    }

    private static func request(for call: ClientCall) throws(HTTPClientError) -> URLRequest {
        do throws(HTTPError) {
            // Only for its checks: URLSession would send a field with a line end in it.
            _ = try HTTPRequestEncoder.head(
                method: call.request.method, url: call.url, fields: call.request.fields,
                bodyBytes: call.request.body.count)
        } catch {
            throw HTTPClientError(.invalidRequest, error.message, cause: error)
        }
        guard let url = URL(string: call.url.origin + call.url.target) else {
            throw HTTPClientError(.invalidRequest, "The address is not one that TLS can use.")
        }
        var request = URLRequest(url: url, timeoutInterval: .greatestFiniteMagnitude)
        request.httpMethod = call.request.method.rawValue
        for field in call.request.fields.all {
            request.addValue(field.value, forHTTPHeaderField: field.name)
        }
        // A body that was unpacked on the way would no longer have the length and the ranges
        // that were asked for.
        request.setValue("identity", forHTTPHeaderField: "Accept-Encoding")
        if !call.request.body.isEmpty { request.httpBody = Data(call.request.body) }
        return request
    }
}

extension SecureSession {
    private func receiveHead(
        _ call: ClientCall, _ events: SecureEvents
    ) throws(HTTPClientError) -> HTTPResponseHead {
        let time = call.request.answerTime ?? call.limits.answerTime
        guard let event = events.next(until: call.deadline(after: time)) else {
            throw call.error(for: .timedOut)
        }
        switch event {
        case .head(let head):
            try Self.check(head, of: call)
            return head
        case .piece, .end(nil):
            throw HTTPClientError(.invalidAnswer, "\(call.url.authority) gave no answer.")
        case .end(let failure?): throw error(for: failure, of: call)
        }
    }

    private static func check(
        _ head: HTTPResponseHead, of call: ClientCall
    ) throws(HTTPClientError) {
        let bytes = head.fields.all.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count }
        guard bytes <= call.limits.codec.headerBytesMax else {
            throw HTTPClientError(
                .invalidAnswer,
                "The answer of \(call.url.authority) has \(bytes) bytes of fields, "
                    + "the limit is \(call.limits.codec.headerBytesMax).")
        }
    }

    private func receiveBody(
        _ call: ClientCall, _ events: SecureEvents, piece: ([UInt8]) throws -> Void
    ) throws(HTTPClientError) {
        var rate = BodyRate(limits: call.limits)
        var room = call.bodyBytesMax
        while true {
            try rate.check(authority: call.url.authority)
            let deadline = call.end.map { min($0, rate.windowEnd) } ?? rate.windowEnd
            guard let event = events.next(until: deadline) else {
                guard call.end.map({ MonotonicTime.now() < $0 }) ?? true else {
                    throw call.error(for: .timedOut)
                }
                continue
            }
            switch event {
            case .head: throw HTTPClientError(.invalidAnswer, "An answer has one head.")
            case .piece(let bytes):
                guard bytes.count <= room else {
                    throw HTTPClientError(
                        .bodyTooLarge,
                        "The answer of \(call.url.authority) is larger than the "
                            + "limit of \(call.bodyBytesMax) bytes.")
                }
                room -= bytes.count
                rate.add(bytes.count)
                try ClientCall.hand(bytes, to: piece)
            case .end(nil): return
            case .end(let failure?): throw error(for: failure, of: call)
            }
        }
    }

    private func error(for failure: URLError, of call: ClientCall) -> HTTPClientError {
        guard !isStopped else { return Self.stoppedError }
        let code: HTTPClientError.Code =
            switch failure.code {
            case .cannotFindHost, .dnsLookupFailed: .nameNotResolved
            case .timedOut: .timedOut
            case .networkConnectionLost: .connectionLost
            default: .connectFailed
            }
        return HTTPClientError(
            code, "The exchange with \(call.url.authority) over TLS failed.", cause: failure)
    }
}
