import Glibc
import HTTPCore

/// One thread's share of the server: its listening sockets, its connections and their deadlines.
///
/// Everything here runs on that one thread, so nothing is locked; other threads reach it by the
/// mailbox. Files beside this one hold its parts: accepting, reading, answering, waiting.
final class EventLoop {
    let shared: ServerShared
    let mailbox: LoopMailbox
    let epoll: Epoll
    /// One for each listener, nil if another loop has it or it is closed.
    var listeners: [ListeningSocket?]
    var connections: [Connection?] = []
    var freeSlots: [Int] = []
    var openCount = 0
    var refusedCount = 0
    var timers = TimerQueue()
    /// Connections with more pipelined requests or more of a file than one turn allows.
    var ready: [Connection] = []
    var now = MonotonicTime.now()
    /// No request that is read in this turn was there before this moment.
    var backlogSince = MonotonicTime.now()
    var dates = HTTPDateCache()
    var nextGeneration: UInt32 = 1
    /// The last report of the kernel had no room for more.
    private var wasFull = false
    /// Set while the process is out of descriptors.
    var acceptsAgainAt: MonotonicTime?
    /// Set once the server shuts down: then everything that is left is cut off.
    var endsAt: MonotonicTime?
    let scratch = UnsafeMutableRawBufferPointer.allocate(
        byteCount: EventLoop.readBytesMax, alignment: 16)

    /// Read from a connection before others have their turn.
    private static let readBytesMax = 64 * 1024
    /// The mailbox's place among the reserved tokens.
    private static let mailboxSlot = UInt32.max

    init(
        shared: ServerShared, mailbox: LoopMailbox, epoll: Int32, listeners: [ListeningSocket?]
    ) {
        self.shared = shared
        self.mailbox = mailbox
        self.epoll = Epoll(descriptor: epoll)
        self.listeners = listeners
    }

    deinit { scratch.deallocate() }

    var limits: HTTPConnectionLimits { shared.limits }
    var isShuttingDown: Bool { endsAt != nil }

    /// Serves until a shutdown is complete.
    func run() {
        do throws(SystemError) {
            try watchReserved()
            while !(isShuttingDown && openCount == 0) {
                let waitsFrom = MonotonicTime.now()
                let events = try epoll.wait(milliseconds: milliseconds())
                beginTurn(waitedFrom: waitsFrom, isFull: events.count == Epoll.eventsPerTurnMax)
                for event in events { handle(event) }
                continueReady()
                handleTimers()
            }
        } catch {
            shared.log.error("the event loop cannot go on", ["cause": error])
        }
        closeAll()
    }

    /// Notes the time, and how long what is ready now may have waited.
    ///
    /// What the kernel reports became ready during the turn before or during the wait; a loop that
    /// waited longer than it worked has kept nobody waiting. A full report may have left out what
    /// is older, so then the moment stays where it was.
    private func beginTurn(waitedFrom: MonotonicTime, isFull: Bool) {
        let woke = MonotonicTime.now()
        let waited = woke.nanoseconds - waitedFrom.nanoseconds
        let worked = waitedFrom.nanoseconds - now.nanoseconds
        if !wasFull { backlogSince = waited > worked ? woke : now }
        wasFull = isFull
        now = woke
    }

    private func watchReserved() throws(SystemError) {
        try epoll.add(
            mailbox.wakeDescriptor, .input, token: Self.reserved(slot: Self.mailboxSlot))
        for (index, listener) in listeners.enumerated() {
            guard let listener else { continue }
            try epoll.add(
                listener.descriptor, .input, token: Self.reserved(slot: UInt32(index)))
        }
    }

    static func reserved(slot: UInt32) -> UInt64 {
        ConnectionToken(slot: slot, generation: ConnectionToken.reservedGeneration).bits
    }

    private func milliseconds() -> Int32 {
        guard ready.isEmpty else { return 0 }
        let moments = [timers.earliest, acceptsAgainAt, endsAt].compactMap(\.self)
        guard let first = moments.min() else { return -1 }
        return MonotonicTime.now().millisecondsUntil(first)
    }

    private func handle(_ event: Epoll.Event) {
        let token = ConnectionToken(bits: event.token)
        if token.generation != ConnectionToken.reservedGeneration {
            guard let connection = connection(token) else { return }
            handle(event, on: connection)
        } else if token.slot == Self.mailboxSlot {
            for message in mailbox.takeAll() { handle(message) }
        } else {
            acceptConnections(of: Int(token.slot))
        }
    }

    private func handle(_ event: Epoll.Event, on connection: Connection) {
        if event.isWritable { advance(connection) }
        if event.isReadable, connection.wantsInput(limits) {
            read(connection)
        } else if event.isBroken {
            // Nobody is there to read what is not sent yet.
            close(connection)
        } else if event.isReadable, !connection.state.isClosed {
            // Reported for as long as it is asked for, and nobody wants it now.
            updateInterest(connection, dropsInput: true)
        }
    }

    func handle(_ message: LoopMessage) {
        switch message {
        case .answer(let token, let exchange, let answer):
            guard let connection = connection(token),
                case .answering(let current) = connection.state, current.number == exchange
            else { return }
            finish(connection, with: answer)
            advance(connection)
        case .piece(let token, let exchange, let piece):
            guard let connection = connection(token),
                connection.state.exchange?.number == exchange
            else { return }
            take(piece, on: connection)
        case .shutdown(let grace): beginShutdown(grace: grace)
        }
    }

    func connection(_ token: ConnectionToken) -> Connection? {
        let slot = Int(token.slot)
        guard slot < connections.count, let connection = connections[slot],
            connection.token == token
        else { return nil }
        return connection
    }

    private func continueReady() {
        let turn = ready
        ready.removeAll()
        for connection in turn {
            connection.isInReadyList = false
            if !connection.state.isClosed { advance(connection) }
        }
    }

    /// Gives the connection another turn without waiting for the kernel.
    func makeReady(_ connection: Connection) {
        guard !connection.isInReadyList else { return }
        connection.isInReadyList = true
        ready.append(connection)
    }
}
