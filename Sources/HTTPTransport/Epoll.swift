import CEpoll
import Glibc

/// The kernel's readiness queue of one event loop.
///
/// Level-triggered: what was not read or written in one turn is reported again in the next, so
/// that a loop can stop in the middle of a busy connection without losing it.
final class Epoll {
    struct Interest: OptionSet, Equatable {
        let rawValue: UInt32
        static let input = Interest(rawValue: EPOLLIN.rawValue)
        static let output = Interest(rawValue: EPOLLOUT.rawValue)
    }

    struct Event {
        let token: UInt64
        fileprivate let bits: UInt32

        var isReadable: Bool { bits & EPOLLIN.rawValue != 0 }
        var isWritable: Bool { bits & EPOLLOUT.rawValue != 0 }
        /// Both directions are gone: reported whether asked for or not.
        var isBroken: Bool { bits & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 }
    }

    private let descriptor: Int32
    private var events: [epoll_event]

    /// What one wait reports at most.
    static let eventsPerTurnMax = 256

    /// Opens a queue, which the caller hands to the thread that will wait on it.
    static func open() throws(SystemError) -> Int32 {
        let descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard descriptor >= 0 else { throw SystemError.last("epoll_create1") }
        return descriptor
    }

    /// Owns the descriptor from now on.
    init(descriptor: Int32) {
        self.descriptor = descriptor
        events = Array(repeating: epoll_event(), count: Self.eventsPerTurnMax)
    }

    deinit { close(descriptor) }

    func add(_ socket: Int32, _ interest: Interest, token: UInt64) throws(SystemError) {
        try control(EPOLL_CTL_ADD, socket, interest, token)
    }

    func change(_ socket: Int32, _ interest: Interest, token: UInt64) throws(SystemError) {
        try control(EPOLL_CTL_MOD, socket, interest, token)
    }

    private func control(
        _ operation: Int32, _ socket: Int32, _ interest: Interest, _ token: UInt64
    ) throws(SystemError) {
        var event = epoll_event()
        event.events = interest.rawValue
        event.data.u64 = token
        guard epoll_ctl(descriptor, operation, socket, &event) == 0 else {
            throw SystemError.last("epoll_ctl")
        }
    }

    /// Waits until something is ready or the time is up; negative milliseconds wait for ever.
    func wait(milliseconds: Int32) throws(SystemError) -> [Event] {
        let count = epoll_wait(descriptor, &events, Int32(events.count), milliseconds)
        guard count >= 0 else {
            guard errno == EINTR else { throw SystemError.last("epoll_wait") }
            return []
        }
        return events.prefix(Int(count)).map { Event(token: $0.data.u64, bits: $0.events) }
    }
}
