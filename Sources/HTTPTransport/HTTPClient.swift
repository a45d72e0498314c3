import HTTPCore

/// Asks other servers, blocking the calling thread: for worker threads, never for an event loop.
///
/// Connections are kept and used again. `https` goes through the toolchain's URLSession, which
/// does not tell how it reads: there, the limits hold for what it hands over. Redirects are not
/// followed: where a node may be sent is
/// its caller's decision.
package final class HTTPClient: Sendable {
    private let limits: HTTPClientLimits
    private let pool: ClientConnectionPool
    private let secure: SecureSession

    package init(limits: HTTPClientLimits = HTTPClientLimits()) {
        self.limits = limits
        pool = ClientConnectionPool(limits: limits)
        secure = SecureSession()
    }

    /// Returns the whole answer, whatever its status.
    ///
    /// - Parameters:
    ///   - deadline: For all of it together, beside the limits on its parts. The look-up of a
    ///     name alone is bounded by the system's resolver.
    ///   - bodyBytesMax: Instead of the client's limit.
    package func send(
        _ request: HTTPClientRequest, deadline: Duration? = nil, bodyBytesMax: Int? = nil
    ) throws(HTTPClientError) -> HTTPClientResponse {
        var body: [UInt8] = []
        let head = try stream(request, deadline: deadline, bodyBytesMax: bodyBytesMax) { piece in
            body += piece
        }
        return HTTPClientResponse(status: head.status, fields: head.fields, body: body)
    }

    /// Hands the body to `piece` as it arrives, in order; the head comes first to `head`.
    ///
    /// Both closures are called on the calling thread. What they throw ends the call with
    /// `.receiverFailed` and the connection with it.
    ///
    /// - Returns: The head of the answer, after all of the body was handed out.
    package func stream(
        _ request: HTTPClientRequest, deadline: Duration? = nil, bodyBytesMax: Int? = nil,
        head: (HTTPResponseHead) throws -> Void = { _ in }, piece: ([UInt8]) throws -> Void
    ) throws(HTTPClientError) -> HTTPResponseHead {
        let url = try Self.url(of: request)
        let start = MonotonicTime.now()
        let end = deadline.map { start.advanced(by: $0) }
        let call = ClientCall(
            request: request, url: url, limits: limits, end: end,
            bodyBytesMax: bodyBytesMax ?? limits.bodyBytesMax)
        guard url.scheme == .http else {
            return try secure.exchange(call, head: head, piece: piece)
        }
        if let kept = pool.take(for: url.origin) {
            let stale = Self.result(of: call, on: kept, keptBy: pool, head: head, piece: piece)
            switch stale {
            case .answered(let answer): return answer
            case .failed(let error, let mayRepeat): guard mayRepeat else { throw error }
            }
        }
        let fresh = try connect(to: url, call: call)
        switch Self.result(of: call, on: fresh, keptBy: pool, head: head, piece: piece) {
        case .answered(let answer): return answer
        case .failed(let error, _): throw error
        }
    }

    /// Makes every call in progress fail with `.stopped`, and every later one.
    package func stop() {
        pool.stop()
        secure.stop()
    }

    private static func url(of request: HTTPClientRequest) throws(HTTPClientError) -> HTTPURL {
        do throws(HTTPError) {
            return try HTTPURL(request.url)
        } catch {
            throw HTTPClientError(.invalidRequest, error.message, cause: error)
        }
    }

    private func connect(
        to url: HTTPURL, call: ClientCall
    ) throws(HTTPClientError) -> ClientSocket {
        let addresses: [SocketAddress]
        do throws(SystemError) {
            addresses = try SocketAddress.resolve(
                host: url.host, port: url.port, isNumeric: false)
        } catch {
            throw HTTPClientError(
                .nameNotResolved, "The name \(url.host) has no address.", cause: error)
        }
        var failure: ClientSocket.Failure?
        for address in addresses {
            do throws(ClientSocket.Failure) {
                return try ClientSocket.connect(
                    to: address, until: call.deadline(after: limits.connectTime),
                    stopDescriptor: pool.stopDescriptor)
            } catch {
                guard case .stopped = error else {
                    failure = error
                    continue
                }
                throw call.error(for: error)
            }
        }
        throw HTTPClientError(
            .connectFailed, "No connection to \(url.authority).", cause: failure)
    }

    private enum Outcome {
        case answered(HTTPResponseHead)
        /// A kept connection may have gone stale just when it was used.
        case failed(HTTPClientError, mayRepeat: Bool)
    }

    private static func result(
        of call: ClientCall, on socket: ClientSocket, keptBy pool: ClientConnectionPool,
        head: (HTTPResponseHead) throws -> Void, piece: ([UInt8]) throws -> Void
    ) -> Outcome {
        var call = call
        do throws(HTTPClientError) {
            let answer = try call.exchange(on: socket, head: head, piece: piece)
            if call.isReusable {
                pool.keep(socket, for: call.url.origin)
            } else {
                socket.close()
            }
            return .answered(answer)
        } catch {
            socket.close()
            return .failed(error, mayRepeat: call.mayRepeat(after: error))
        }
    }
}
