import Glibc
import HTTPCore

/// How connections come and go.
extension EventLoop {
    func acceptConnections(of index: Int) {
        guard let listener = listeners[index] else { return }
        for _ in 0..<limits.acceptsPerTurnMax {
            do throws(SystemError) {
                let (socket, peer) = try SocketAddress.accept(from: listener.descriptor)
                try open(socket, peer: peer.peer, listenerIndex: index)
            } catch {
                guard isAcceptWorthRepeating(after: error) else { return }
            }
        }
    }

    private func isAcceptWorthRepeating(after error: SystemError) -> Bool {
        switch error.number {
        case EAGAIN, EWOULDBLOCK: return false
        case EMFILE, ENFILE, ENOBUFS, ENOMEM:
            pauseAccepting(because: error)
            return false
        default:
            // The connection died in the queue (accept(2) lists the numbers): take the next.
            return true
        }
    }

    /// Without descriptors a listener would be reported ready for ever; the connections wait in
    /// the kernel's queue instead until some are closed.
    private func pauseAccepting(because error: SystemError) {
        shared.log.warning("no connections are accepted for a while", ["cause": error])
        shared.counters.acceptPauses.add()
        acceptsAgainAt = now.advanced(by: limits.acceptPause)
        watchListeners([])
    }

    func resumeAccepting() {
        acceptsAgainAt = nil
        watchListeners(.input)
    }

    private func watchListeners(_ interest: Epoll.Interest) {
        for (index, listener) in listeners.enumerated() {
            guard let listener else { continue }
            do throws(SystemError) {
                try epoll.change(
                    listener.descriptor, interest, token: Self.reserved(slot: UInt32(index)))
            } catch {
                shared.log.error("a listener cannot be watched", ["cause": error])
            }
        }
    }

    private func open(
        _ socket: Int32, peer: Connection.Peer, listenerIndex: Int
    ) throws(SystemError) {
        let isAdmitted = shared.admitConnection()
        guard isAdmitted || refusedCount < limits.refusedConnectionsMax else {
            shared.counters.connectionsRefused.add()
            Glibc.close(socket)
            return
        }
        let connection = register(
            socket, peer: peer, listenerIndex: listenerIndex, isCounted: isAdmitted)
        do throws(SystemError) {
            if peer != .domainSocket {
                try ListeningSocket.set(TCP_NODELAY, level: Int32(IPPROTO_TCP), on: socket)
            }
            try epoll.add(socket, .input, token: connection.token.bits)
        } catch {
            close(connection)
            throw error
        }
        if isAdmitted {
            schedule(connection, restart: true)
        } else {
            shared.counters.connectionsRefused.add()
            refuse(
                connection,
                HTTPError(
                    .unavailable,
                    "The server has \(limits.connectionsMax) connections, "
                        + "which is its limit.",
                    fields: ["Retry-After": "\(shared.configuration.workers.retryAfterSeconds)"]))
            advance(connection)
        }
    }

    private func register(
        _ socket: Int32, peer: Connection.Peer, listenerIndex: Int, isCounted: Bool
    ) -> Connection {
        let slot = freeSlots.popLast() ?? connections.count
        let listener = shared.listeners[listenerIndex]
        let limits = listener.limits ?? shared.configuration.limits
        let parser = HTTPRequestParser(limits: limits) { request in
            listener.router.bodyBytesMax(for: request) ?? limits.bodyBytesMax
        }
        let connection = Connection(
            socket: socket, token: ConnectionToken(slot: UInt32(slot), generation: nextGeneration),
            listenerIndex: listenerIndex, peer: peer, parser: parser, isCounted: isCounted)
        nextGeneration = max(1, nextGeneration &+ 1)
        if slot == connections.count {
            connections.append(connection)
        } else {
            connections[slot] = connection
        }
        openCount += 1
        if !isCounted { refusedCount += 1 }
        shared.counters.connectionsOpened.add()
        return connection
    }

    /// Ends the connection at once, whatever it was doing.
    func close(_ connection: Connection) {
        guard !connection.state.isClosed else { return }
        connection.state = .closed
        chargeBody(of: connection)
        connection.output.removeAll()
        // Closing takes the socket out of the epoll queue as well.
        Glibc.close(connection.socket)
        connections[Int(connection.token.slot)] = nil
        freeSlots.append(Int(connection.token.slot))
        openCount -= 1
        if connection.isCounted { shared.releaseConnection() } else { refusedCount -= 1 }
        shared.counters.connectionsClosed.add()
    }
}

/// How the loop ends.
extension EventLoop {
    func beginShutdown(grace: Duration) {
        guard !isShuttingDown else {
            // A second shutdown can only be more impatient than the first.
            let sooner = now.advanced(by: grace)
            endsAt = endsAt.map { min($0, sooner) }
            return
        }
        // Closing a listener resets the connections in its queue, so they are taken first.
        for index in listeners.indices { acceptConnections(of: index) }
        endsAt = now.advanced(by: grace)
        acceptsAgainAt = nil
        closeListeners()
        for case let connection? in connections where connection.isIdle {
            // A request that the kernel holds already was sent in good faith.
            if connection.wantsInput(limits) { read(connection) }
            guard connection.isIdle else { continue }
            connection.state.endReading()
            advance(connection)
        }
    }

    private func closeListeners() {
        for case let listener? in listeners { listener.close() }
        listeners = listeners.map { _ in nil }
    }

    func closeAll() {
        closeListeners()
        for case let connection? in connections { close(connection) }
    }
}
