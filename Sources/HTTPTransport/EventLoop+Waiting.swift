import HTTPCore

/// What a connection waits for, and what happens if it waits too long.
extension EventLoop {
    private static let staleTimersMin = 1024
    private static let timersPerConnectionMax = 4

    /// Tells the kernel what to report of a connection.
    ///
    /// Interest in input is dropped only when input comes that nobody wants: most requests are
    /// answered before the next one arrives, and each change is a system call.
    func updateInterest(_ connection: Connection, dropsInput: Bool) {
        var interest: Epoll.Interest = []
        let keepsInput = !dropsInput && connection.interest.contains(.input)
        // After its end a level-triggered socket would report input for ever.
        let mayKeepInput = keepsInput && !connection.hasInputEnded
        if connection.wantsInput(limits) || mayKeepInput { interest.insert(.input) }
        if !connection.output.isEmpty, !connection.isInReadyList { interest.insert(.output) }
        guard interest != connection.interest else { return }
        do throws(SystemError) {
            try epoll.change(connection.socket, interest, token: connection.token.bits)
            connection.interest = interest
        } catch {
            shared.log.error("a connection cannot be watched", ["cause": error])
            close(connection)
        }
    }

    /// Sets the deadline that fits what the connection waits for.
    ///
    /// - Parameter restart: Something happened that the deadline was there to see.
    func schedule(_ connection: Connection, restart: Bool) {
        let (wait, time) = currentWait(connection)
        let isSame = Self.isSameKind(wait, connection.wait) && connection.deadline != nil
        if !isSame || restart {
            connection.setWait(wait, until: time.map { now.advanced(by: $0) })
        }
        guard let deadline = connection.deadline else { return }
        if let timerAt = connection.timerAt, timerAt <= deadline { return }
        connection.timerAt = deadline
        timers.insert(TimerQueue.Entry(time: deadline, token: connection.token))
        forgetClosedConnections()
    }

    /// Connections that come and go quickly leave their deadlines behind, a minute's worth of
    /// them; clearing only when they outnumber the living keeps the cost of each constant.
    private func forgetClosedConnections() {
        guard timers.count > Self.staleTimersMin + Self.timersPerConnectionMax * openCount else {
            return
        }
        timers.removeAll { entry in
            connection(entry.token).map { $0.timerAt != entry.time } ?? true
        }
    }

    private func currentWait(_ connection: Connection) -> (Connection.Wait, Duration?) {
        if connection.state.isLingering { return (.linger, limits.lingerTime) }
        guard connection.output.isEmpty else { return (.write, limits.writeStallTime) }
        guard connection.state.isReading else { return (.handler, nil) }
        switch connection.parser.phase {
        case .idle: return (.idle, limits.idleTime)
        case .head: return (.head, limits.headerTime)
        case .body:
            return (.body(receivedBefore: connection.receivedBytes), limits.bodyWindow)
        }
    }

    private static func isSameKind(_ left: Connection.Wait, _ right: Connection.Wait) -> Bool {
        if case .body = left, case .body = right { return true }
        return left == right
    }

    func handleTimers() {
        if let acceptsAgainAt, acceptsAgainAt <= now { resumeAccepting() }
        while let entry = timers.removeDue(at: now) {
            // An entry that is not the connection's last one was overtaken by an earlier one.
            guard let connection = connection(entry.token), connection.timerAt == entry.time
            else { continue }
            connection.timerAt = nil
            guard let deadline = connection.deadline else { continue }
            if deadline <= now {
                expire(connection)
            } else {
                schedule(connection, restart: false)
            }
        }
        if let endsAt, endsAt <= now { cutOffAll() }
    }

    private func cutOffAll() {
        let left = connections.compactMap(\.self)
        if !left.isEmpty {
            shared.log.warning("connections are cut off at shutdown", ["count": left.count])
        }
        for connection in left { close(connection) }
    }

    private func expire(_ connection: Connection) {
        switch connection.wait {
        case .handler: break
        case .idle:
            shared.counters.countTimeout(.idle)
            close(connection)
        case .head:
            shared.counters.countTimeout(.head)
            timeOut(connection, "The header took longer than \(limits.headerTime).")
        case .body(let receivedBefore):
            let received = connection.receivedBytes - receivedBefore
            guard received < limits.bodyBytesPerWindowMin else {
                return schedule(connection, restart: true)
            }
            shared.counters.countTimeout(.body)
            timeOut(
                connection,
                "The body brought \(received) bytes in \(limits.bodyWindow), the "
                    + "least is \(limits.bodyBytesPerWindowMin).")
        case .write:
            shared.counters.countTimeout(.write)
            close(connection)
        case .linger:
            shared.counters.countTimeout(.linger)
            close(connection)
        }
    }

    private func timeOut(_ connection: Connection, _ message: String) {
        shared.counters.countRefusal(.requestTimeout)
        refuse(
            connection,
            HTTPError(.requestTimeout, message + " (RFC 9110, section 15.5.9)"))
        advance(connection)
    }
}
