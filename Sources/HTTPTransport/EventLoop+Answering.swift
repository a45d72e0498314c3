import Glibc
import HTTPCore

/// How requests become answers.
extension EventLoop {
    func begin(_ incoming: HTTPIncomingRequest, on connection: Connection) {
        connection.requestCount += 1
        connection.hasSentContinue = false
        shared.counters.requests.add()
        var request = incoming.request
        request.isFromLoopback = connection.peer == .loopback
        request.isFromDomainSocket = connection.peer == .domainSocket
        let encoder = HTTPResponseEncoder(
            isHead: request.method == .head, versionMinor: incoming.versionMinor,
            keepsAlive: incoming.keepsAlive && !isShuttingDown)
        let exchange = Exchange(
            number: connection.requestCount, origin: request.fields["Origin"], encoder: encoder)
        connection.state.begin(exchange)
        connection.bodyBytesAtWork = request.body.count
        switch router(of: connection).route(request) {
        case .answer(let response): finish(connection, with: .success(response))
        case .route(let route, let request): call(route, request, on: connection, exchange)
        }
    }

    private func call(
        _ route: HTTPRoute, _ request: HTTPRequest, on connection: Connection,
        _ exchange: Exchange
    ) {
        switch route.handler {
        case .immediate(let handler):
            finish(connection, with: Self.result { () throws(HTTPError) in try handler(request) })
        case .prompt(let handler, let otherwise):
            guard !isBehind else { return finish(connection, with: .failure(lateness())) }
            switch Self.result({ () throws(HTTPError) in try handler(request) }) {
            case .success(let response?): finish(connection, with: .success(response))
            case .success(nil): submit(otherwise, request, on: connection, exchange)
            case .failure(let error): finish(connection, with: .failure(error))
            }
        case .waiting(let handler): submit(handler, request, on: connection, exchange)
        case .deferred(let handler):
            let pending = PendingAnswer(
                mailbox: mailbox, token: connection.token, exchange: exchange.number)
            handler(request, HTTPReply { pending.give($0) })
        }
    }

    /// Has a worker answer, or refuses at once if too many requests wait for one.
    private func submit(
        _ handler: @escaping @Sendable (HTTPRequest) throws(HTTPError) -> HTTPResponse,
        _ request: HTTPRequest, on connection: Connection, _ exchange: Exchange
    ) {
        let (mailbox, token) = (mailbox, connection.token)
        let isTaken = shared.pool.submit {
            let answer = Self.result { () throws(HTTPError) in try handler(request) }
            mailbox.post(.answer(token, exchange: exchange.number, answer))
        }
        if !isTaken { finish(connection, with: .failure(overload())) }
    }

    private static func result<Answer>(
        _ handler: () throws(HTTPError) -> Answer
    ) -> Result<Answer, HTTPError> {
        do {
            return .success(try handler())
        } catch {
            return .failure(error)
        }
    }

    /// Whether the requests of this turn may have waited longer than an answer is worth.
    private var isBehind: Bool {
        MonotonicTime.now() > backlogSince.advanced(by: shared.configuration.workers.promptWaitMax)
    }

    private func lateness() -> HTTPError {
        let workers = shared.configuration.workers
        shared.counters.countRefusal(.unavailable)
        return HTTPError(
            .unavailable,
            "More is asked than can be answered within \(workers.promptWaitMax), "
                + "which is the limit.",
            fields: ["Retry-After": "\(workers.retryAfterSeconds)"])
    }

    private func overload() -> HTTPError {
        let workers = shared.configuration.workers
        shared.counters.countRefusal(.unavailable)
        return HTTPError(
            .unavailable, "\(workers.queuedMax) requests wait already, which is the limit.",
            fields: ["Retry-After": "\(workers.retryAfterSeconds)"])
    }

    /// Queues the answer to the request that the connection is at.
    func finish(_ connection: Connection, with answer: Result<HTTPResponse, HTTPError>) {
        switch answer {
        case .success(let response): send(response, on: connection)
        case .failure(let error):
            logFailure(error)
            send(error.response, on: connection)
        }
    }

    /// What the client did wrong is told to the client only: such a sentence may quote what it
    /// sent, and a log holds no records and no passwords.
    private func logFailure(_ error: HTTPError) {
        guard let cause = error.cause, error.status.code >= 500 else { return }
        shared.log.warning(
            "a request failed",
            ["status": error.status.code, "message": error.message, "cause": "\(cause)"])
    }

    private func send(_ response: HTTPResponse, on connection: Connection) {
        guard var exchange = connection.state.exchange else { return }
        connection.bodyBytesAtWork = 0
        // A handler may say that its answer is the connection's last, and no more than that.
        if isShuttingDown || response.fields.list("Connection", contains: "close") {
            exchange.encoder.keepsAlive = false
        }
        do throws(HTTPError) {
            let finished = router(of: connection).finish(response, origin: exchange.origin)
            connection.state = .answering(exchange)
            try queue(finished, on: connection, exchange)
        } catch {
            shared.counters.answersFailed.add()
            shared.log.error(
                "an answer cannot be sent",
                ["message": error.message, "cause": "\(error.cause, default: "none")"])
            sendFailure(error, on: connection, exchange)
        }
    }

    /// An error's own answer has fields of ours only, so a second failure ends the connection.
    private func sendFailure(
        _ error: HTTPError, on connection: Connection, _ exchange: Exchange
    ) {
        let answer = HTTPError(error.status, error.message).response
        do throws(HTTPError) {
            try queue(answer, on: connection, exchange)
        } catch {
            close(connection)
        }
    }

    private func queue(
        _ response: HTTPResponse, on connection: Connection, _ exchange: Exchange
    ) throws(HTTPError) {
        // A file is opened first: once the head promises its length there is no way back.
        let file = try OpenedFile(of: response, isHead: exchange.encoder.isHead)
        let date = dates.text(secondsSince1970: shared.configuration.wallClock())
        var payload = HTTPResponseEncoder.Payload.none
        do throws(HTTPError) {
            try connection.output.append { (bytes: inout [UInt8]) throws(HTTPError) in
                payload = try exchange.encoder.encode(response, date: date, into: &bytes)
            }
        } catch {
            file?.close()
            throw error
        }
        if payload == .untilClose { connection.endAfterAnswer() }
        switch response.body {
        case .bytes(let bytes):
            if payload == .plain { connection.output.append(bytes) }
        case .file(_, let range):
            guard let file else { break }
            guard payload == .plain else {
                // Statuses such as 304 have no body, whatever the handler gave them.
                file.close()
                break
            }
            connection.output.append(file: file.descriptor, range: range)
        case .pieces(let pieces):
            guard payload == .none else {
                let isChunked = payload == .chunked
                connection.state.stream(PieceStream(pieces: pieces, isChunked: isChunked))
                return
            }
        }
        connection.state.finishAnswer()
    }

    private func router(of connection: Connection) -> HTTPRouter {
        shared.listeners[connection.listenerIndex].router
    }

    /// Answers something that is not a request, and closes behind the answer.
    func refuse(_ connection: Connection, _ error: HTTPError) {
        let encoder = HTTPResponseEncoder(isHead: false, versionMinor: 1, keepsAlive: false)
        let number = connection.requestCount + 1
        connection.requestCount = number
        connection.state.begin(Exchange(number: number, origin: nil, encoder: encoder))
        finish(connection, with: .failure(error))
    }
}

/// Bodies that are made while they are sent.
extension EventLoop {
    /// Asks a worker for the next piece, unless it is at work or the client has enough to read.
    func produceNextPiece(_ connection: Connection) {
        guard case .streaming(let exchange, var stream) = connection.state,
            !stream.isProducing, connection.hasRoom(limits)
        else { return }
        stream.isProducing = true
        connection.state = .streaming(exchange, stream)
        let (mailbox, token, pieces) = (mailbox, connection.token, stream.pieces)
        shared.pool.resume {
            let piece: Result<[UInt8]?, HTTPError>
            do throws(HTTPError) {
                piece = .success(try pieces.next())
            } catch {
                piece = .failure(error)
            }
            mailbox.post(.piece(token, exchange: exchange.number, piece))
        }
    }

    func take(_ piece: Result<[UInt8]?, HTTPError>, on connection: Connection) {
        guard case .streaming(let exchange, var stream) = connection.state else { return }
        stream.isProducing = false
        connection.state = .streaming(exchange, stream)
        switch piece {
        case .success(let bytes?) where stream.isChunked:
            connection.output.append { HTTPResponseEncoder.appendChunk(bytes, to: &$0) }
        case .success(let bytes?): connection.output.append(bytes)
        case .success(nil):
            if stream.isChunked { connection.output.append(HTTPResponseEncoder.lastChunk) }
            connection.state.finishAnswer()
        case .failure(let error):
            logFailure(error)
            shared.counters.answersFailed.add()
            return close(connection)
        }
        advance(connection)
    }
}
