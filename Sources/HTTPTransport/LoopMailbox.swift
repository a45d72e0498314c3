import CEpoll
import Glibc
import HTTPCore
import Synchronization

/// What other threads tell an event loop.
enum LoopMessage: Sendable {
    case answer(ConnectionToken, exchange: Int, Result<HTTPResponse, HTTPError>)
    /// The next piece of a body that is made while it is sent; nil is its end.
    case piece(ConnectionToken, exchange: Int, Result<[UInt8]?, HTTPError>)
    case shutdown(grace: Duration)
}

/// The one way into an event loop from other threads; an eventfd wakes it.
final class LoopMailbox: Sendable {
    let wakeDescriptor: Int32
    private let messages = Mutex<[LoopMessage]>([])

    init() throws(SystemError) {
        wakeDescriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        guard wakeDescriptor >= 0 else { throw SystemError.last("eventfd") }
    }

    deinit { close(wakeDescriptor) }

    /// A loop that has ended reads no more; what is posted then is dropped with the mailbox.
    func post(_ message: LoopMessage) {
        let wasEmpty = messages.withLock { messages in
            messages.append(message)
            return messages.count == 1
        }
        guard wasEmpty else { return }
        var one: UInt64 = 1
        // Fails only if the counter is full, and then the loop is awake anyway.
        _ = retrying { write(wakeDescriptor, &one, MemoryLayout<UInt64>.size) }
    }

    func takeAll() -> [LoopMessage] {
        var count: UInt64 = 0
        // Fails only if nothing was posted; the list says so too.
        _ = retrying { read(wakeDescriptor, &count, MemoryLayout<UInt64>.size) }
        return messages.withLock { messages in
            let taken = messages
            messages = []
            return taken
        }
    }
}

/// The single answer to a deferred request.
///
/// A handler that loses its reply must not leave a client waiting for ever, so the last copy's
/// end answers with 500.
final class PendingAnswer: Sendable {
    private let isGiven = Atomic<Bool>(false)
    private let mailbox: LoopMailbox
    private let token: ConnectionToken
    private let exchange: Int

    init(mailbox: LoopMailbox, token: ConnectionToken, exchange: Int) {
        self.mailbox = mailbox
        self.token = token
        self.exchange = exchange
    }

    deinit { give(.failure(HTTPError(.internalError, "The request was left unanswered."))) }

    func give(_ answer: Result<HTTPResponse, HTTPError>) {
        guard !isGiven.exchange(true, ordering: .relaxed) else { return }
        mailbox.post(.answer(token, exchange: exchange, answer))
    }
}
