import Glibc
import HTTPCore

/// How bytes become requests.
extension EventLoop {
    func read(_ connection: Connection) {
        let count = retrying { recv(connection.socket, scratch.baseAddress, scratch.count, 0) }
        guard count >= 0 else {
            if errno != EAGAIN, errno != EWOULDBLOCK { close(connection) }
            return
        }
        if count == 0 {
            connection.hasInputEnded = true
            if connection.state.isLingering { return close(connection) }
        } else if case .lingering(let bytes) = connection.state {
            return discard(connection, bytes: bytes + count)
        } else {
            connection.receivedBytes += count
            connection.parser.append(UnsafeRawBufferPointer(rebasing: scratch[..<count]))
        }
        advance(connection)
    }

    private func discard(_ connection: Connection, bytes: Int) {
        guard bytes <= limits.lingerBytesMax else { return close(connection) }
        connection.state = .lingering(bytes: bytes)
    }

    private enum Pause {
        /// The next request has not arrived, or its handler is at work.
        case waiting
        /// The client has to read answers before more are made.
        case outputFull
        /// Other connections come first.
        case turnOver
    }

    /// Does all that can be done for a connection without waiting.
    func advance(_ connection: Connection) {
        guard !connection.state.isClosed else { return }
        let countBefore = connection.requestCount
        let outputBefore = connection.output.count
        var pause: Pause
        repeat {
            pause = takeRequests(connection, countBefore: countBefore)
            flush(connection)
            guard !connection.state.isClosed else { return }
        } while pause == .outputFull && connection.hasRoom(limits)
        if pause == .turnOver { makeReady(connection) }
        chargeBody(of: connection)
        endIfFinished(connection)
        guard !connection.state.isClosed else { return }
        produceNextPiece(connection)
        updateInterest(connection, dropsInput: false)
        let hasSent = connection.output.count != outputBefore
        schedule(connection, restart: hasSent || connection.requestCount != countBefore)
    }

    private func takeRequests(_ connection: Connection, countBefore: Int) -> Pause {
        while connection.state.isReading {
            guard connection.hasRoom(limits) else { return .outputFull }
            let handledCount = connection.requestCount - countBefore
            guard handledCount < limits.pipelinedRequestsPerTurnMax else { return .turnOver }
            switch connection.parser.next() {
            case .request(let incoming): begin(incoming, on: connection)
            case .refused(let error):
                shared.counters.countRefusal(error.status)
                refuse(connection, error)
            case .incomplete:
                awaitMore(connection)
                return .waiting
            }
        }
        return .waiting
    }

    private func awaitMore(_ connection: Connection) {
        if connection.hasInputEnded {
            // Half a request is nobody's (RFC 9112, section 8).
            connection.state.endReading()
        } else if connection.parser.expectsContinue, !connection.hasSentContinue {
            connection.hasSentContinue = true
            connection.output.append(HTTPResponseEncoder.continueLine)
        }
    }

    private func flush(_ connection: Connection) {
        guard !connection.output.isEmpty else { return }
        let outcome = connection.output.write(
            to: connection.socket, fileBytesMax: limits.fileBytesPerTurnMax)
        switch outcome {
        case .drained, .blocked: break
        case .turnOver: makeReady(connection)
        case .failed(let error):
            if error.number == EIO { shared.log.error("a file ended early", ["cause": error]) }
            close(connection)
        }
    }

    /// Keeps the sum of all bodies within its limit: many small ones are a large one too.
    func chargeBody(of connection: Connection) {
        let bytes = connection.bodyBytes
        guard bytes != connection.chargedBytes else { return }
        let growth = bytes - connection.chargedBytes
        connection.chargedBytes = bytes
        let sum = shared.chargeBody(growth)
        guard growth > 0, sum > limits.bodyBytesTotalMax, connection.state.isReading,
            connection.parser.phase == .body
        else { return }
        let error = HTTPError(
            .unavailable,
            "The bodies of all requests have more than \(limits.bodyBytesTotalMax) "
                + "bytes together, which is the limit.",
            fields: ["Retry-After": "\(shared.configuration.workers.retryAfterSeconds)"])
        shared.counters.countRefusal(error.status)
        connection.parser.abandon(error)
        refuse(connection, error)
        chargeBody(of: connection)
        makeReady(connection)
    }

    private func endIfFinished(_ connection: Connection) {
        guard connection.state.isClosing, connection.output.isEmpty else { return }
        // With nothing answered there is nothing that a reset could destroy.
        let isSilent = connection.requestCount == 0 && connection.hasInputEnded
        guard !isSilent, shutdown(connection.socket, Int32(SHUT_WR)) == 0 else {
            return close(connection)
        }
        connection.state.linger()
        if connection.hasInputEnded { close(connection) }
    }
}
